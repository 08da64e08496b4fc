function (root, data) {
  // Draws one frame of curves or points; the slider chooses which. All numbers come from Python.
  const width = 480, height = data.square ? 400 : 300;
  const box = { left: data.ylabel ? 58 : 40, right: width - 12, top: 12, bottom: height - (data.xlabel ? 46 : 28) };
  let [xlim, ylim] = [data.xlim, data.ylim];

  if (data.square) {  // one unit is as long across as upwards
    const unit = Math.max((xlim[1] - xlim[0]) / (box.right - box.left), (ylim[1] - ylim[0]) / (box.bottom - box.top));
    const widen = (lim, pixels) => {
      const middle = (lim[0] + lim[1]) / 2, half = unit * pixels / 2;
      return [middle - half, middle + half];
    };
    xlim = widen(xlim, box.right - box.left);
    ylim = widen(ylim, box.bottom - box.top);
  }
  const toX = (x) => box.left + (x - xlim[0]) / (xlim[1] - xlim[0]) * (box.right - box.left);
  const toY = (y) => box.bottom - (y - ylim[0]) / (ylim[1] - ylim[0]) * (box.bottom - box.top);

  function ticks([low, high]) {
    const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9; k++) found.push(+(k * step).toFixed(6));
    return found;
  }

  const svg = make(root, 'svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': data.alt });
  const axis = { stroke: 'currentColor', 'stroke-width': 1 };
  make(svg, 'line', { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, ...axis });
  make(svg, 'line', { x1: box.left, x2: box.left, y1: box.top, y2: box.bottom, ...axis });
  for (const x of ticks(xlim)) make(svg, 'text', { x: toX(x), y: box.bottom + 17, 'text-anchor': 'middle', 'font-size': 13 }, x);
  for (const y of ticks(ylim)) make(svg, 'text', { x: box.left - 6, y: toY(y) + 4, 'text-anchor': 'end', 'font-size': 13 }, y);
  if (data.xlabel) make(svg, 'text', { x: (box.left + box.right) / 2, y: height - 8, 'text-anchor': 'middle', 'font-size': 14 }, data.xlabel);
  if (data.ylabel) make(svg, 'text', { transform: `translate(15 ${(box.top + box.bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle', 'font-size': 14 }, data.ylabel);

  const id = 'clip-' + root.dataset.key;
  make(make(svg, 'clipPath', { id }), 'rect', { x: box.left, y: box.top - 4, width: box.right - box.left, height: box.bottom - box.top + 8 });
  const plot = make(svg, 'g', { 'clip-path': `url(#${id})` });
  const upright = data.upright && make(plot, 'line', { y1: box.top, y2: box.bottom, stroke: 'currentColor', 'stroke-width': 1, 'stroke-dasharray': '4 4', opacity: 0.6 });
  const lines = (data.curves ? data.curves[0] : []).map((_, number) =>
    make(plot, 'polyline', { fill: 'none', stroke: data.colours[number], 'stroke-width': 3, 'stroke-dasharray': ['none', '9 5', '3 4', '12 4 3 4'][number % 4] }));
  const dots = (data.points ? data.labels : []).map((label) =>
    make(plot, 'circle', { r: 4.2, fill: data.colours[label], 'fill-opacity': 0.75 }));

  const legend = make(root, 'div', { class: 'sn-legend' });
  data.names.forEach((name, number) => {
    const entry = make(legend, 'span');
    make(entry, 'span', { class: 'sn-key', style: `background:${data.colours[number]}` });
    entry.append(name);
  });
  const controls = make(root, 'div', { class: 'sn-controls' });
  const button = data.play && make(controls, 'button', { type: 'button' }, 'Play');
  const label = make(controls, 'label');
  const shown = make(label, 'span');
  const slider = make(label, 'input', { type: 'range', min: 0, max: data.values.length - 1, step: 1, 'aria-label': data.slider });
  const caption = make(root, 'output', { class: 'sn-caption' });
  const cells = [];
  if (data.table) {
    const table = make(root, 'table', { class: 'sn-table' });
    const head = make(make(table, 'thead'), 'tr');
    make(head, 'td');
    for (const name of data.tableColumns) make(head, 'th', { scope: 'col' }, name);
    const body = make(table, 'tbody');
    for (const name of data.tableRows) {
      const row = make(body, 'tr');
      make(row, 'th', { scope: 'row' }, name);
      cells.push(data.tableColumns.map(() => make(row, 'td')));
    }
  }

  function show(frame) {
    slider.value = frame;
    shown.textContent = `${data.slider} ${data.values[frame]}`;
    slider.setAttribute('aria-valuetext', shown.textContent);
    caption.textContent = data.captions[frame] || '';
    lines.forEach((line, number) => line.setAttribute('points',
      data.curves[frame][number].map((y, i) => `${toX(data.x[i]).toFixed(1)},${toY(y).toFixed(1)}`).join(' ')));
    dots.forEach((dot, number) => {
      dot.setAttribute('cx', toX(data.points[frame][number][0]).toFixed(1));
      dot.setAttribute('cy', toY(data.points[frame][number][1]).toFixed(1));
    });
    cells.forEach((row, r) => row.forEach((cell, c) => { cell.textContent = data.table[frame][r][c]; }));
    if (upright) for (const end of ['x1', 'x2']) upright.setAttribute(end, toX(data.values[frame]));
  }

  let timer = null;
  function stop() {
    clearInterval(timer);
    timer = null;
    if (button) button.textContent = 'Play';
  }
  slider.addEventListener('input', () => { stop(); show(+slider.value); });
  if (button) button.addEventListener('click', () => {
    if (timer) return stop();
    let frame = +slider.value >= data.values.length - 1 ? 0 : +slider.value;
    button.textContent = 'Stop';
    timer = setInterval(() => {
      show(frame);
      if (++frame >= data.values.length) stop();
    }, 160);
  });
  show(data.start);
}
