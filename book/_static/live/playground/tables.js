// What losses and measures share: all distances of a batch, unit length, and the gradients of both.
// A batch of n embeddings with d numbers each is one Float64Array, row by row.
live.define('playground/tables', (live) => {
  const playground = (live.playground ??= {});

  // Table (n, n) of the distances, plain or squared.
  playground.distances = function (z, n, d, squared = false) {
    const table = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += (z[i * d + k] - z[j * d + k]) ** 2;
        table[i * n + j] = table[j * n + i] = squared ? sum : Math.sqrt(sum);
      }
    }
    return table;
  };

  // From the gradient on the table to that on the embeddings. Where two coincide there is no
  // direction, and no pull: as in siamese_lib.distances.
  playground.pull = function (z, n, d, table, slope, squared = false) {
    const gradient = new Float64Array(n * d);
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const both = slope[i * n + j] + slope[j * n + i];
        if (both === 0 || table[i * n + j] === 0) continue;
        const factor = squared ? 2 * both : both / table[i * n + j];
        for (let k = 0; k < d; k++) {
          const change = factor * (z[i * d + k] - z[j * d + k]);
          gradient[i * d + k] += change;
          gradient[j * d + k] -= change;
        }
      }
    }
    return gradient;
  };

  const SHORTEST = 1e-12;  // as torch's normalize: below that, nothing is divided by zero

  playground.lengths = function (z, n, d) {
    const lengths = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += z[i * d + k] ** 2;
      lengths[i] = Math.max(Math.sqrt(sum), SHORTEST);
    }
    return lengths;
  };

  playground.unit = function (z, lengths, d) {
    return z.map((value, place) => value / lengths[Math.floor(place / d)]);
  };

  // Only the part of the gradient across the direction of z survives, over the length.
  playground.unitGradient = function (unit, lengths, d, gradient) {
    const result = new Float64Array(gradient.length);
    for (let i = 0; i < lengths.length; i++) {
      let along = 0;
      for (let k = 0; k < d; k++) along += unit[i * d + k] * gradient[i * d + k];
      for (let k = 0; k < d; k++) {
        result[i * d + k] = (gradient[i * d + k] - along * unit[i * d + k]) / lengths[i];
      }
    }
    return result;
  };
});
