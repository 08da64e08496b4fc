// From strokes to what the network sees: drawn with a round pen on Omniglot's paper of 105 x 105
// dots, centred and scaled as its drawings are, then shrunk by the filter that shrank the training
// drawings (a triangle as wide as one pixel of the small picture to each side).
live.define('door/rendering', function (live) {
  const PAPER = 105;
  // Measured on the 30 background alphabets by benchmarks/live_pages.py.
  const LOOKS = { pen: 5.0, reach: 63, centre: [51.5, 51] };
  // Small marks are made larger, but a dot does not become a disc.
  const LARGEST_SCALE = 3;

  function limits(strokes) {
    const points = strokes.flat();
    const ends = (axis) => points.reduce(
      ([low, high], point) => [Math.min(low, point[axis]), Math.max(high, point[axis])], [Infinity, -Infinity]);
    return [ends(0), ends(1)];
  }

  // Strokes in dots of the pad (105 a side) to their place on the paper.
  function fit(strokes, { reach, centre } = LOOKS) {
    const [[left, right], [top, bottom]] = limits(strokes);
    const scale = Math.min(reach / Math.max(right - left, bottom - top, 1e-9), LARGEST_SCALE);
    return strokes.map((stroke) => stroke.map(([x, y]) => [
      centre[0] + (x - (left + right) / 2) * scale,
      centre[1] + (y - (top + bottom) / 2) * scale,
    ]));
  }

  // Every dot whose middle is within half a pen of the path is inked: 1, else 0.
  function ink(strokes, pen = LOOKS.pen) {
    const paper = new Uint8Array(PAPER * PAPER), radius = pen / 2;
    const dots = (low, high) => [Math.max(0, Math.floor(low - radius)), Math.min(PAPER - 1, Math.ceil(high + radius))];
    for (const stroke of strokes) {
      for (let i = 0; i < Math.max(1, stroke.length - 1); i++) {
        const [ax, ay] = stroke[i], [bx, by] = stroke[Math.min(i + 1, stroke.length - 1)];
        const dx = bx - ax, dy = by - ay, length2 = dx * dx + dy * dy;
        const [firstX, lastX] = dots(Math.min(ax, bx), Math.max(ax, bx));
        const [firstY, lastY] = dots(Math.min(ay, by), Math.max(ay, by));
        for (let y = firstY; y <= lastY; y++) {
          for (let x = firstX; x <= lastX; x++) {
            const px = x + 0.5 - ax, py = y + 0.5 - ay;
            const along = length2 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
            const offX = px - along * dx, offY = py - along * dy;
            if (offX * offX + offY * offY <= radius * radius) paper[y * PAPER + x] = 1;
          }
        }
      }
    }
    return paper;
  }

  // For each of `n` small pixels: the first dot that it sees and the share of each.
  function triangle(n) {
    const width = PAPER / n;
    return Array.from({ length: n }, (_, pixel) => {
      const middle = (pixel + 0.5) * width;
      const first = Math.max(0, Math.floor(middle - width + 0.5));
      const last = Math.min(PAPER, Math.floor(middle + width + 0.5));
      const shares = [];
      for (let dot = first; dot < last; dot++) shares.push(Math.max(0, 1 - Math.abs(dot + 0.5 - middle) / width));
      const sum = shares.reduce((a, b) => a + b, 0);
      return { first, shares: shares.map((share) => share / sum) };
    });
  }

  // 105 x 105 dots to side x side pixels between 0 and 1, in steps of 1/255 like the training data.
  function shrink(paper, side) {
    const filter = triangle(side), narrow = new Float32Array(PAPER * side), pixels = new Float32Array(side * side);
    for (let y = 0; y < PAPER; y++) {
      filter.forEach(({ first, shares }, x) => {
        narrow[y * side + x] = shares.reduce((sum, share, i) => sum + share * paper[y * PAPER + first + i], 0);
      });
    }
    filter.forEach(({ first, shares }, y) => {
      for (let x = 0; x < side; x++) {
        const value = shares.reduce((sum, share, i) => sum + share * narrow[(first + i) * side + x], 0);
        pixels[y * side + x] = Math.round(255 * value) / 255;
      }
    });
    return pixels;
  }

  // `looks` may differ when a program measures what difference they make.
  function render(strokes, side, looks = LOOKS) {
    return shrink(ink(fit(strokes, looks), looks.pen), side);
  }

  live.rendering = { PAPER, LOOKS, fit, ink, shrink, render };
});
