// The points on a canvas: in the plane, on the circle, or on a sphere that can be turned.
live.define('playground/plot', (live) => {
  const playground = (live.playground ??= {});

  const TILT = 0.35;  // the sphere is seen a little from above

  // From embeddings to places (x, y, depth); `turn` in radians.
  playground.project = function (z, n, d, turn) {
    const seen = new Float64Array(3 * n);
    for (let i = 0; i < n; i++) {
      if (d === 2) {
        seen.set([z[2 * i], z[2 * i + 1], 0], 3 * i);
        continue;
      }
      const [x, y, up] = [z[3 * i], z[3 * i + 1], z[3 * i + 2]];
      const right = x * Math.cos(turn) - y * Math.sin(turn), away = x * Math.sin(turn) + y * Math.cos(turn);
      seen.set([right, up * Math.cos(TILT) + away * Math.sin(TILT), away * Math.cos(TILT) - up * Math.sin(TILT)], 3 * i);
    }
    return seen;
  };

  playground.plot = function (canvas) {
    const pen = canvas.getContext('2d');
    let marks = null, made = '', reach = 0;
    const plot = { turn: 0.6, spots: [] };  // spots: the middle of each mark, 0 to 1 across and down

    plot.forget = () => { reach = 0; };

    // The plane is seen around its middle. The view grows with the points and never shrinks, or a
    // collapse could not be seen.
    function frame(seen, n, unit) {
      if (unit) return { x: 0, y: 0, half: 1.14 };
      let x = 0, y = 0;
      for (let i = 0; i < n; i++) [x, y] = [x + seen[3 * i] / n, y + seen[3 * i + 1] / n];
      for (let i = 0; i < n; i++) {
        reach = Math.max(reach, 1.08 * Math.abs(seen[3 * i] - x), 1.08 * Math.abs(seen[3 * i + 1] - y));
      }
      return { x, y, half: reach || 1 };
    }

    function around(size, sharp, d, text) {
      const radius = size / 2 / 1.14;
      pen.strokeStyle = text;
      pen.globalAlpha = 0.45;
      pen.lineWidth = sharp;
      pen.beginPath();
      pen.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
      if (d === 3) pen.ellipse(size / 2, size / 2, radius, radius * Math.sin(TILT), 0, 0, 2 * Math.PI);
      pen.stroke();
      pen.globalAlpha = 1;
    }

    function ruler(size, sharp, length, text) {
      const words = `margin ${length.margin}`, long = length.margin / length.half * size / 2;
      if (long > size * 0.9 || long < 4 * sharp) return;
      const left = 10 * sharp, low = size - 10 * sharp;
      pen.strokeStyle = pen.fillStyle = text;
      pen.lineWidth = 2 * sharp;
      pen.beginPath();
      pen.moveTo(left, low - 4 * sharp);
      pen.lineTo(left, low);
      pen.lineTo(left + long, low);
      pen.lineTo(left + long, low - 4 * sharp);
      pen.stroke();
      pen.font = `${13 * sharp}px sans-serif`;
      pen.fillText(words, left, low - 8 * sharp);
    }

    plot.draw = function (run, z) {
      const sharp = Math.min(globalThis.devicePixelRatio || 1, 2), width = canvas.clientWidth || 400;
      const size = Math.round(width * sharp), n = run.drawnLabels.length, { unseen, loss, margin } = run.settings;
      if (canvas.width !== size) canvas.width = canvas.height = size;
      const text = getComputedStyle(canvas).color, of = width < 380 ? 13 : 16;
      const wanted = [unseen, text, of, sharp].join();
      if (made !== wanted) {
        marks = Array.from({ length: 10 }, (_, digit) => playground.mark(digit, unseen, of, sharp, text));
        made = wanted;
      }
      pen.clearRect(0, 0, size, size);
      const seen = playground.project(z, n, run.d, plot.turn), view = frame(seen, n, run.unit);
      if (run.unit) around(size, sharp, run.d, text);
      const order = Array.from({ length: n }, (_, i) => i);
      if (run.d === 3) order.sort((i, j) => seen[3 * j + 2] - seen[3 * i + 2]);
      plot.spots = order.map((i) => {
        const mark = marks[run.drawnLabels[i]];
        const x = 0.5 + (seen[3 * i] - view.x) / view.half / 2, y = 0.5 - (seen[3 * i + 1] - view.y) / view.half / 2;
        pen.globalAlpha = run.d === 3 && seen[3 * i + 2] > 0 ? 0.25 : 0.85;
        pen.drawImage(mark, size * x - mark.width / 2, size * y - mark.height / 2);
        return { i, x, y };
      });
      pen.globalAlpha = 1;
      if (!run.unit && ['contrastive', 'triplet'].includes(loss)) ruler(size, sharp, { margin, half: view.half }, text);
    };
    return plot;
  };
});
