// A small network of plain arrays: layers with a ReLU between them, and Adam.
live.define('playground/network', (live) => {
  const playground = (live.playground ??= {});

  // All weights are one array: for each layer the matrix (out, in), then the bias (out).
  playground.network = function (sizes, random) {
    const layers = [];
    let count = 0;
    for (let l = 0; l + 1 < sizes.length; l++) {
      const [before, after] = [sizes[l], sizes[l + 1]];
      layers.push({ before, after, matrix: count, bias: count + before * after });
      count += (before + 1) * after;
    }
    const weights = new Float64Array(count);
    // He's start: what comes out of a layer is about as large as what goes in. The bias begins at 0.
    for (const { before, after, matrix } of layers) {
      const limit = Math.sqrt(6 / before);
      for (let w = 0; w < before * after; w++) weights[matrix + w] = limit * (2 * random.uniform() - 1);
    }
    return { sizes, layers, weights };
  };

  // What each layer gives, the input first; the last is the embedding.
  playground.forward = function ({ layers, weights }, input, n) {
    const trace = [input];
    layers.forEach(({ before, after, matrix, bias }, l) => {
      const from = trace[l], to = new Float64Array(n * after), last = l + 1 === layers.length;
      for (let i = 0; i < n; i++) {
        for (let o = 0; o < after; o++) {
          let sum = weights[bias + o];
          const row = matrix + o * before, start = i * before;
          for (let k = 0; k < before; k++) sum += weights[row + k] * from[start + k];
          to[i * after + o] = last || sum > 0 ? sum : 0;
        }
      }
      trace.push(to);
    });
    return trace;
  };

  // The gradient of all weights, from that of the last layer.
  playground.backward = function ({ layers, weights }, trace, gradient, n) {
    const ofWeights = new Float64Array(weights.length);
    let ofLayer = gradient;
    for (let l = layers.length - 1; l >= 0; l--) {
      const { before, after, matrix, bias } = layers[l], from = trace[l];
      const ofInput = new Float64Array(n * before);
      for (let i = 0; i < n; i++) {
        for (let o = 0; o < after; o++) {
          const change = ofLayer[i * after + o];
          if (change === 0) continue;
          ofWeights[bias + o] += change;
          const row = matrix + o * before, start = i * before;
          for (let k = 0; k < before; k++) {
            ofWeights[row + k] += change * from[start + k];
            ofInput[start + k] += change * weights[row + k];
          }
        }
      }
      // Where the ReLU cut, nothing comes back; the pixels of the input need no gradient.
      if (l > 0) for (let k = 0; k < ofInput.length; k++) if (from[k] === 0) ofInput[k] = 0;
      ofLayer = ofInput;
    }
    return ofWeights;
  };

  // Adam with torch's settings; it changes `weights` in place.
  playground.adam = function (weights) {
    const mean = new Float64Array(weights.length), square = new Float64Array(weights.length);
    let step = 0;
    return function (gradient, rate) {
      step++;
      const first = 1 - 0.9 ** step, second = 1 - 0.999 ** step;
      for (let w = 0; w < weights.length; w++) {
        mean[w] = 0.9 * mean[w] + 0.1 * gradient[w];
        square[w] = 0.999 * square[w] + 0.001 * gradient[w] ** 2;
        weights[w] -= rate * (mean[w] / first) / (Math.sqrt(square[w] / second) + 1e-8);
      }
    };
  };
});
