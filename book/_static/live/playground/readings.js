// The numbers beside the picture: before the first step and now; the legend; the summary.
live.define('playground/readings', (live) => {
  const playground = (live.playground ??= {});

  playground.readings = function (parent) {
    const table = make(parent, 'table', { class: 'sn-table', 'aria-label': 'Before the first step and now' });
    const head = make(make(table, 'thead'), 'tr');
    make(head, 'td');
    make(head, 'th', { scope: 'col' }, 'Before');
    const step = make(head, 'th', { scope: 'col' }), body = make(table, 'tbody');
    const lines = Array.from({ length: 6 }, () => {
      const line = make(body, 'tr');
      return { name: make(line, 'th', { scope: 'row' }), before: make(line, 'td'), now: make(line, 'td') };
    });
    const note = make(parent, 'p', { class: 'sn-note' });
    const [WAYS, PIXELS] = [playground.UNSEEN, playground.PIXELS];
    return function (settings, first, now) {
      step.textContent = `Step ${now.step}`;
      const before = playground.rows(settings, first), after = playground.rows(settings, now);
      lines.forEach((line, place) => {
        line.name.textContent = after[place][0];
        line.before.textContent = before[place][1];
        line.now.textContent = after[place][1];
      });
      note.textContent = `One-shot: the network knows one picture of each of the ${WAYS} unseen digits, and has to name `
        + `another. Guessing gets ${playground.percent(playground.chance())}; comparing the ${PIXELS} pixels, with no `
        + `network, gets ${playground.percent(playground.ofPixels(settings.unseen))}.`;
    };
  };

  const known = {};
  playground.ofPixels = function (unseen) {
    const { pixels, asked } = playground.exam(unseen);
    return (known[unseen] ??= playground.oneShot(pixels, playground.PIXELS, asked));
  };

  // Each digit's mark and its first picture.
  playground.legend = function (parent) {
    return function ({ digits, unseen }) {
      parent.replaceChildren();
      const text = getComputedStyle(parent).color, { rows } = playground.digits();
      const part = (words, chosen) => {
        const group = make(parent, 'p', { class: 'sn-group' });
        make(group, 'span', {}, words);
        for (const digit of chosen) {
          const entry = make(group, 'span', { class: 'sn-entry', role: 'img', 'aria-label': `digit ${digit}` });
          entry.append(playground.mark(digit, unseen, 16, 2, text), playground.picture(rows[digit][0]));
        }
      };
      part('Discs, learned from:', playground.learned(unseen, digits));
      part('Squares, never seen:', playground.unseen(unseen));
    };
  };

  playground.picture = function (row) {
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d'), { values } = playground.digits();
    canvas.width = canvas.height = 8;
    canvas.className = 'sn-digit';
    for (let place = 0; place < 64; place++) {
      const grey = 255 * (1 - values[64 * row + place]);
      pen.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      pen.fillRect(place % 8, Math.floor(place / 8), 1, 1);
    }
    return canvas;
  };

  playground.lineLegend = function (parent) {
    const legend = make(parent, 'div', { class: 'sn-legend' });
    for (const { words, colour, dash } of playground.LINES) {
      const entry = make(legend, 'span');
      const svg = make(entry, 'svg', { class: 'sn-dash', viewBox: '0 0 28 4', 'aria-hidden': 'true' });
      make(svg, 'line', { x1: 0, x2: 28, y1: 2, y2: 2, stroke: colour, 'stroke-width': 3, 'stroke-dasharray': dash.join(' ') || 'none' });
      entry.append(words);
    }
  };
});
