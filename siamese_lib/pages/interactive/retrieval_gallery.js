function (root, data) {
  // A sheet of drawings. The chosen one shows its nearest neighbours, by each way to search.
  const { columns, rows, labels } = data;

  const sheet = make(root, 'div', { class: 'sn-sheet', role: 'application', tabindex: 0,
    'aria-label': data.alt + ' Arrow keys walk from drawing to drawing.',
    style: `background-image:url(${data.sheet});aspect-ratio:${columns}/${rows}` });
  const marks = make(sheet, 'div');
  const chosenName = make(root, 'output', { class: 'sn-caption', 'aria-live': 'polite' });
  const answers = make(root, 'div');

  function mark(number, kind) {
    make(marks, 'div', { class: kind, style:
      `left:${100 * (number % columns) / columns}%;top:${100 * Math.floor(number / columns) / rows}%;` +
      `width:${100 / columns}%;height:${100 / rows}%` });
  }

  let chosen = null;
  function choose(number) {
    if (number === chosen || number < 0 || number >= labels.length) return;
    chosen = number;
    marks.replaceChildren();
    answers.replaceChildren();
    const mates = labels.flatMap((label, other) => label === labels[number] && other !== number ? [other] : []);
    mates.forEach((other) => mark(other, 'sn-mate'));
    mark(number, 'sn-chosen');
    const counts = data.ways.map((way, place) => {
      const found = data.neighbours[place][number];
      const hits = found.filter((other) => labels[other] === labels[number]).length;
      const line = make(answers, 'div', { class: 'sn-ranking', role: 'group', 'aria-label': `nearest by ${way}` });
      make(line, 'span', { class: 'sn-way' }, way);
      for (const other of found) {
        const right = labels[other] === labels[number];
        const button = make(line, 'button', { type: 'button', class: right ? 'sn-right' : 'sn-wrong',
          title: data.names[other], 'aria-label': `${data.names[other]}, ${right ? 'a mate' : 'no mate'}: choose it` });
        drawing(button, other, 44, data);
        button.append(right ? '✓' : '✗');
        button.addEventListener('click', () => { choose(other); sheet.focus({ preventScroll: true }); });
      }
      return `${hits} by ${way}`;
    });
    chosenName.textContent = `${data.names[number]}: it has ${mates.length} mate${mates.length === 1 ? '' : 's'} here (dashed). ` +
      `Among the first ${data.neighbours[0][number].length}: ${counts.join(', ')}.`;
  }

  sheet.addEventListener('click', (event) => {
    const frame = sheet.getBoundingClientRect();
    const column = Math.floor((event.clientX - frame.left) / frame.width * columns);
    const row = Math.floor((event.clientY - frame.top) / frame.height * rows);
    choose(Math.min(columns - 1, Math.max(0, column)) + columns * Math.min(rows - 1, Math.max(0, row)));
  });
  sheet.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    choose(chosen + step);
  });
  choose(data.start);
}
