// What is measured: the library's `diagnose`, and one-shot trials on digits that were never seen.
live.define('playground/exam', (live) => {
  const playground = (live.playground ??= {});

  // Root mean square distance to the mean, and the mean distance of same and of different pairs.
  playground.diagnose = function (z, n, d, labels) {
    const centre = new Float64Array(d);
    for (let i = 0; i < n; i++) for (let k = 0; k < d; k++) centre[k] += z[i * d + k] / n;
    let square = 0;
    for (let i = 0; i < n; i++) for (let k = 0; k < d; k++) square += (z[i * d + k] - centre[k]) ** 2;
    const table = playground.distances(z, n, d), sums = [0, 0], counts = [0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const same = Number(labels[i] === labels[j]);
        sums[same] += table[i * n + j];
        counts[same]++;
      }
    }
    return { spread: Math.sqrt(square / n), same: sums[1] / counts[1], different: sums[0] / counts[0] };
  };

  // Trials, the same for every run: one picture of each unseen digit to go by, and a question.
  const TRIALS = 1500, known = {};
  playground.exam = function (unseen) {
    if (known[unseen]) return known[unseen];
    const { rows } = playground.digits(), random = playground.generator(20);
    const digits = playground.unseen(unseen), pool = digits.flatMap((digit) => rows[digit]);
    const place = new Map(pool.map((row, number) => [row, number]));
    const asked = Array.from({ length: TRIALS }, (_, trial) => {
      const right = trial % digits.length;
      const pictures = digits.map((digit, way) => random.choose(rows[digit], way === right ? 2 : 1));
      const question = place.get(pictures[right].pop());
      return { question, support: pictures.map(([row]) => place.get(row)), right };
    });
    return (known[unseen] = { pixels: playground.pixelsOf(pool), n: pool.length, asked });
  };

  playground.chance = () => 1 / playground.UNSEEN;

  // Share of trials whose nearest picture is the right one; equals share the point, so that a
  // network that sends all to one place gets what chance gets.
  playground.oneShot = function (z, d, asked) {
    const squared = (i, j) => {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += (z[i * d + k] - z[j * d + k]) ** 2;
      return sum;
    };
    let points = 0;
    for (const { question, support, right } of asked) {
      const far = support.map((other) => squared(question, other)), nearest = Math.min(...far);
      if (far[right] === nearest) points += 1 / far.filter((value) => value === nearest).length;
    }
    return points / asked.length;
  };
});
