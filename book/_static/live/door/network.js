// The forward pass of a stored network on typed arrays: what PyTorch computes, one image at a time.
// Feature maps lie pixel by pixel (height, width, channels), so that a patch is a row of numbers.
live.define('door/network', function (live) {
  function bytesOf(base64) {
    const text = atob(base64), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  // 16-bit floats to 32: sign, five bits of exponent, ten of fraction.
  function fromHalves(halves) {
    return Float32Array.from(halves, (half) => {
      const exponent = (half >> 10) & 31, fraction = half & 1023, sign = half >> 15 ? -1 : 1;
      if (exponent === 0) return sign * fraction * 2 ** -24;
      return exponent === 31 ? NaN : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    });
  }

  // Layers with their own numbers, from one text of 16-bit and one of 32-bit floats.
  function read({ side, layers, halves, floats }) {
    const weights = fromHalves(new Uint16Array(bytesOf(halves).buffer));
    const exact = new Float32Array(bytesOf(floats).buffer);
    let used = 0, usedExact = 0;
    return {
      side,
      layers: layers.map((layer) => {
        const weight = weights.subarray(used, used += layer.weights || 0);
        return { ...layer, weight,
          scale: exact.subarray(usedExact, usedExact += layer.scales || 0),
          shift: exact.subarray(usedExact, usedExact += layer.shifts || 0) };
      }),
    };
  }

  // `rows` of one weight matrix times one vector; four rows at once read the vector once.
  function multiply(weight, vector, n, out, at, rows) {
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      const a = row * n, b = a + n, c = b + n, d = c + n;
      let sumA = 0, sumB = 0, sumC = 0, sumD = 0;
      for (let i = 0; i < n; i++) {
        const v = vector[i];
        sumA += weight[a + i] * v; sumB += weight[b + i] * v;
        sumC += weight[c + i] * v; sumD += weight[d + i] * v;
      }
      out[at + row] = sumA; out[at + row + 1] = sumB; out[at + row + 2] = sumC; out[at + row + 3] = sumD;
    }
    for (; row < rows; row++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += weight[row * n + i] * vector[i];
      out[at + row] = sum;
    }
  }

  function convolve({ data, height, width, channels }, { out, kernel, stride, padding, weight, shift }) {
    const tall = Math.floor((height + 2 * padding - kernel) / stride) + 1;
    const wide = Math.floor((width + 2 * padding - kernel) / stride) + 1;
    const result = new Float32Array(tall * wide * out), patch = new Float32Array(kernel * kernel * channels);
    for (let y = 0; y < tall; y++) {
      for (let x = 0; x < wide; x++) {
        let at = 0;
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++, at += channels) {
            const row = y * stride + ky - padding, column = x * stride + kx - padding;
            const inside = row >= 0 && row < height && column >= 0 && column < width;
            const from = (row * width + column) * channels;
            for (let c = 0; c < channels; c++) patch[at + c] = inside ? data[from + c] : 0;
          }
        }
        multiply(weight, patch, patch.length, result, (y * wide + x) * out, out);
      }
    }
    if (shift.length) for (let i = 0; i < result.length; i++) result[i] += shift[i % out];
    return { data: result, height: tall, width: wide, channels: out };
  }

  function pool({ data, height, width, channels }, { kernel, ceil }) {
    const round = ceil ? Math.ceil : Math.floor;
    const tall = round((height - kernel) / kernel) + 1, wide = round((width - kernel) / kernel) + 1;
    const result = new Float32Array(tall * wide * channels).fill(-Infinity);
    for (let y = 0; y < Math.min(height, tall * kernel); y++) {
      for (let x = 0; x < Math.min(width, wide * kernel); x++) {
        const from = (y * width + x) * channels;
        const to = (Math.floor(y / kernel) * wide + Math.floor(x / kernel)) * channels;
        for (let c = 0; c < channels; c++) if (data[from + c] > result[to + c]) result[to + c] = data[from + c];
      }
    }
    return { data: result, height: tall, width: wide, channels };
  }

  // Mean place of the ink along an axis, and its variance: `ink` is the sum of each row or column.
  function meanAndVariance(ink) {
    let total = 0, mean = 0, variance = 0;
    for (const value of ink) total += value;
    if (!(total > 0)) return null;
    ink.forEach((value, place) => { mean += (value / total) * place; });
    ink.forEach((value, place) => { variance += (value / total) * (place - mean) ** 2; });
    return { mean, variance };
  }

  // For each pixel of the result along an axis, how much each pixel of the image counts in it.
  function shares(mean, step, side) {
    const reach = Math.max(step, 1), result = new Float32Array(side * side);
    for (let to = 0; to < side; to++) {
      const lookedAt = mean + step * (to - (side - 1) / 2);
      for (let from = 0; from < side; from++) {
        result[to * side + from] = Math.max(0, 1 - Math.abs(lookedAt - from) / reach) / reach;
      }
    }
    return result;
  }

  // The mean place of the ink to the middle, its spread to a size: SizeNormalized of siamese_lib.
  function sizeNormalized({ data, height, width, channels }, { spread, largest }) {
    const rows = new Float64Array(height), columns = new Float64Array(width);
    for (let i = 0; i < data.length; i++) {
      const pixel = Math.floor(i / channels);
      rows[Math.floor(pixel / width)] += data[i];
      columns[pixel % width] += data[i];
    }
    const down = meanAndVariance(rows), across = meanAndVariance(columns);
    if (!down || !across) return { data, height, width, channels };
    const found = Math.sqrt((down.variance + across.variance) / 2);
    const step = Math.max(found / (spread * (height + width) / 2), 1 / largest);
    const ofRows = shares(down.mean, step, height), ofColumns = shares(across.mean, step, width);
    const half = new Float32Array(data.length), result = new Float32Array(data.length);
    const line = width * channels;
    for (let to = 0; to < height; to++) {
      for (let from = 0; from < height; from++) {
        const share = ofRows[to * height + from];
        if (share) for (let i = 0; i < line; i++) half[to * line + i] += share * data[from * line + i];
      }
    }
    for (let y = 0; y < height; y++) {
      for (let to = 0; to < width; to++) {
        for (let from = 0; from < width; from++) {
          const share = ofColumns[to * width + from], at = y * line + from * channels;
          if (share) for (let c = 0; c < channels; c++) result[y * line + to * channels + c] += share * half[at + c];
        }
      }
    }
    return { data: result, height, width, channels };
  }

  // Each works on feature maps and returns feature maps; those that can, in place.
  const kinds = {
    convolution: convolve,
    pool,
    // Batch norm of a finished network is one factor and one summand for each channel. It stays
    // where it is: behind a maximum, a negative factor would pick the smallest.
    norm(maps, { scale, shift }) {
      for (let i = 0; i < maps.data.length; i++) {
        const channel = i % maps.channels;
        maps.data[i] = maps.data[i] * scale[channel] + shift[channel];
      }
      return maps;
    },
    relu(maps) {
      for (let i = 0; i < maps.data.length; i++) if (maps.data[i] < 0) maps.data[i] = 0;
      return maps;
    },
    linear({ data }, { out, weight, shift }) {
      const result = new Float32Array(out);
      multiply(weight, data, data.length, result, 0, out);
      for (let i = 0; i < shift.length; i++) result[i] += shift[i];
      return { data: result, height: 1, width: 1, channels: out };
    },
    size: sizeNormalized,
    unit(maps) {
      const length = Math.max(1e-12, Math.sqrt(maps.data.reduce((sum, value) => sum + value * value, 0)));
      maps.data = maps.data.map((value) => value / length);
      return maps;
    },
  };

  // Pixels between 0 and 1, ink high, row by row, to the embedding.
  function embed({ side, layers }, pixels) {
    let maps = { data: Float32Array.from(pixels), height: side, width: side, channels: 1 };
    for (const layer of layers) maps = kinds[layer.kind](maps, layer);
    return maps.data;
  }

  live.network = { read, embed };
});
