// The losses of siamese_lib, with their gradients by hand: (z, n, d, labels, options) ->
// { loss, gradient, active, terms }. A mean is over all terms, also those at zero; a batch without
// a term gives a loss of 0. tests/live/playground holds them against the library.
live.define('playground/losses', (live) => {
  const playground = (live.playground ??= {});
  const losses = (playground.losses = {});

  // The mean over all pairs of a batch; `term` gives value and slope of a pair's distance.
  function ofPairs(z, n, d, labels, squared, term) {
    const table = playground.distances(z, n, d, squared), slope = new Float64Array(n * n);
    const terms = n * (n - 1) / 2;
    let total = 0, active = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const [value, change] = term(table[i * n + j], labels[i] === labels[j]);
        total += value;
        if (value > 0) active++;
        slope[i * n + j] = change / terms;
      }
    }
    const gradient = playground.pull(z, n, d, table, slope, squared);
    return { loss: total / Math.max(terms, 1), gradient, active, terms };
  }

  losses.contrastive = function (z, n, d, labels, { margin }) {
    return ofPairs(z, n, d, labels, false, (distance, same) => {
      if (same) return [distance * distance, 2 * distance];
      const gap = Math.max(0, margin - distance);
      return [gap * gap, -2 * gap];
    });
  };

  // p = sigmoid(a (b - d²)); a (by its logarithm) and b are learned: `learned` is [log a, b].
  losses.logistic = function (z, n, d, labels, { learned }) {
    const a = Math.exp(learned[0]), b = learned[1];
    const pairs = Math.max(n * (n - 1) / 2, 1), ofLearned = [0, 0];
    const result = ofPairs(z, n, d, labels, true, (squared, same) => {
      const logit = a * (b - squared), wrong = same ? -logit : logit;
      // log(1 + e^wrong), without an overflow
      const value = Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(wrong)));
      const change = 1 / (1 + Math.exp(-logit)) - (same ? 1 : 0);
      ofLearned[0] += change * logit / pairs;
      ofLearned[1] += change * a / pairs;
      return [value, -a * change];
    });
    return { ...result, ofLearned };
  };

  // The farthest positive and the nearest negative of each anchor; of equals the first.
  function hardest(table, labels, n, visit) {
    for (let a = 0; a < n; a++) {
      let far = -1, near = -1;
      for (let j = 0; j < n; j++) {
        if (labels[j] !== labels[a]) {
          if (near < 0 || table[a * n + j] < table[a * n + near]) near = j;
        } else if (j !== a && (far < 0 || table[a * n + j] > table[a * n + far])) far = j;
      }
      if (far >= 0 && near >= 0) visit(a, far, near);
    }
  }

  function every(labels, n, visit) {
    for (let a = 0; a < n; a++) {
      for (let p = 0; p < n; p++) {
        if (p === a || labels[p] !== labels[a]) continue;
        for (let other = 0; other < n; other++) if (labels[other] !== labels[a]) visit(a, p, other);
      }
    }
  }

  // mining: "all", "semi-hard" (0 < d_an - d_ap <= margin) or "batch-hard".
  losses.triplet = function (z, n, d, labels, { margin, mining }) {
    const table = playground.distances(z, n, d), slope = new Float64Array(n * n);
    let total = 0, active = 0, terms = 0;
    const take = (a, p, other) => {
      const gap = table[a * n + other] - table[a * n + p];
      if (mining === 'semi-hard' && !(gap > 0 && gap <= margin)) return;
      terms++;
      if (margin - gap <= 0) return;
      total += margin - gap;
      active++;
      slope[a * n + p]++;
      slope[a * n + other]--;
    };
    if (mining === 'batch-hard') hardest(table, labels, n, take);
    else every(labels, n, take);
    const share = 1 / Math.max(terms, 1);
    const gradient = playground.pull(z, n, d, table, slope.map((value) => value * share));
    return { loss: total * share, gradient, active, terms };
  };

  // Supervised contrastive: on embeddings scaled to length 1, whatever comes in.
  losses.supcon = function (z, n, d, labels, { temperature }) {
    const lengths = playground.lengths(z, n, d), unit = playground.unit(z, lengths, d);
    const mates = labels.map((label) => labels.filter((other) => other === label).length - 1);
    const anchors = mates.filter((count) => count > 0).length, ofUnit = new Float64Array(n * d);
    const similarity = new Float64Array(n);
    let total = 0, active = 0;
    for (let i = 0; i < n; i++) {
      if (!mates[i]) continue;
      let largest = -Infinity, sum = 0, ofMates = 0;
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        let product = 0;
        for (let k = 0; k < d; k++) product += unit[i * d + k] * unit[j * d + k];
        similarity[j] = product / temperature;
        largest = Math.max(largest, similarity[j]);
      }
      for (let j = 0; j < n; j++) if (j !== i) sum += Math.exp(similarity[j] - largest);
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        const mate = labels[j] === labels[i];
        if (mate) ofMates += similarity[j] / mates[i];
        const p = Math.exp(similarity[j] - largest) / sum;
        const change = (p - (mate ? 1 / mates[i] : 0)) / (temperature * anchors);
        for (let k = 0; k < d; k++) {
          ofUnit[i * d + k] += change * unit[j * d + k];
          ofUnit[j * d + k] += change * unit[i * d + k];
        }
      }
      const term = largest + Math.log(sum) - ofMates;
      total += term;
      if (term > 0) active++;
    }
    const gradient = playground.unitGradient(unit, lengths, d, ofUnit);
    return { loss: total / Math.max(anchors, 1), gradient, active, terms: anchors };
  };
});
