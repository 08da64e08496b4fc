function (root, data) {
  // A map of points. The chosen one shows its drawing and those nearest to it in the embedding space.
  const width = 480, height = 400;
  const scale = Math.min((width - 16) / (data.xlim[1] - data.xlim[0]), (height - 16) / (data.ylim[1] - data.ylim[0]));
  const toX = (x) => width / 2 + (x - (data.xlim[0] + data.xlim[1]) / 2) * scale;
  const toY = (y) => height / 2 - (y - (data.ylim[0] + data.ylim[1]) / 2) * scale;
  const places = data.points.map(([x, y]) => [toX(x), toY(y)]);

  const svg = make(root, 'svg', { viewBox: `0 0 ${width} ${height}`, role: 'application', tabindex: 0, 'aria-label': data.alt + ' Arrow keys walk from point to point.' });
  make(svg, 'rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, fill: 'none', stroke: 'currentColor', opacity: 0.35 });
  const dots = places.map(([cx, cy], number) =>
    make(svg, 'circle', { cx, cy, r: 3.6, fill: data.colours[data.groups[number]], 'fill-opacity': 0.75 }));
  const threads = make(svg, 'g', { stroke: 'currentColor', 'stroke-width': 1, opacity: 0.7 });

  if (data.groupNames.length) {
    const legend = make(root, 'div', { class: 'sn-legend' });
    data.groupNames.forEach((name, number) => {
      const entry = make(legend, 'span');
      make(entry, 'span', { class: 'sn-key', style: `background:${data.colours[number]}` });
      entry.append(name);
    });
  }
  const panel = make(root, 'div', { class: 'sn-panel', 'aria-live': 'polite' });

  const drawings = { ...data, rows: Math.ceil(data.points.length / data.columns) };

  function named(parent, number, pixels, words) {
    const figure = make(parent, 'figure');
    drawing(figure, number, pixels, drawings);
    make(figure, 'figcaption', {}, words);
  }

  let chosen = null;
  function choose(number) {
    if (number === chosen) return;
    chosen = number;
    threads.replaceChildren();
    panel.replaceChildren();
    dots.forEach((dot, other) => {
      const mate = data.labels[other] === data.labels[number];
      dot.setAttribute('r', other === number ? 8 : mate ? 6 : 3.6);
      dot.setAttribute('fill-opacity', mate ? 1 : 0.35);
      dot.setAttribute('stroke', mate ? 'currentColor' : 'none');
    });
    named(panel, number, 84, data.names[number]);
    for (const other of data.neighbours ? data.neighbours[number] : []) {
      const [x1, y1] = places[number], [x2, y2] = places[other];
      make(threads, 'line', { x1, y1, x2, y2 });
      named(panel, other, 56, (data.labels[other] === data.labels[number] ? '✓ ' : '✗ ') + data.names[other]);
    }
  }

  function nearest(event) {
    const frame = svg.getBoundingClientRect();
    const x = (event.clientX - frame.left) * width / frame.width;
    const y = (event.clientY - frame.top) * height / frame.height;
    let best = 0, smallest = Infinity;
    places.forEach(([px, py], number) => {
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < smallest) [best, smallest] = [number, distance];
    });
    return best;
  }
  svg.addEventListener('pointermove', (event) => choose(nearest(event)));
  svg.addEventListener('pointerdown', (event) => choose(nearest(event)));
  svg.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose((chosen + step + places.length) % places.length);
  });
  choose(0);
}
