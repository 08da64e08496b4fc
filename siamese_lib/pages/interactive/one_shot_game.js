function (root, data) {
  // One-shot trials to take by click or key; what the network chose is shown after each answer.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const perTrial = data.nWay + 1;  // the question, then the examples
  const drawings = { ...data, rows: Math.ceil(data.answer.length * perTrial / data.columns) };

  const board = make(root, 'div', { role: 'group', tabindex: 0, 'aria-label': data.alt });
  const question = make(board, 'div', { class: 'sn-question' });
  const picture = make(question, 'div');
  const asked = make(question, 'p');
  const choices = make(board, 'div', { class: 'sn-choices' });
  const verdict = make(board, 'output', { class: 'sn-caption', 'aria-live': 'polite' });
  const controls = make(board, 'div', { class: 'sn-controls' });
  const next = make(controls, 'button', { type: 'button' }, 'Next');
  let trial, yours, theirs, buttons, answered;

  function show() {
    answered = false;
    picture.replaceChildren();
    choices.replaceChildren();
    drawing(picture, trial * perTrial, 92, drawings);
    asked.textContent = `Trial ${trial + 1} of ${data.answer.length}. Which of these is the same character, by another hand? ` +
      'Click it. Once you have clicked in the game, its letter on the keyboard does as well.';
    buttons = Array.from({ length: data.nWay }, (_, way) => {
      const button = make(choices, 'button', { type: 'button', 'aria-label': `choose ${letters[way]}` });
      drawing(button, trial * perTrial + 1 + way, 52, drawings);
      button.append(letters[way]);
      button.addEventListener('click', () => answer(way));
      return button;
    });
    next.style.visibility = 'hidden';
    verdict.textContent = '';
  }

  function answer(way) {
    if (answered) return;
    answered = true;
    const right = data.answer[trial], network = data.network[trial];
    if (way === right) yours++;
    if (network === right) theirs++;
    buttons.forEach((button) => { button.disabled = true; });
    buttons[right].classList.add('sn-right');
    if (way !== right) buttons[way].classList.add('sn-wrong');
    const they = network === right ? 'The network was right.' : `The network chose ${letters[network]}.`;
    verdict.textContent = `${way === right ? '✓ Right.' : `✗ It is ${letters[right]}.`} ${they} ` +
      `So far: you ${yours}, the network ${theirs}, of ${trial + 1}.`;
    next.style.visibility = 'visible';
    next.textContent = trial + 1 < data.answer.length ? 'Next' : 'Your score';
    next.focus();
  }

  function finish() {
    picture.replaceChildren();
    choices.replaceChildren();
    const total = data.answer.length;
    const word = yours > theirs ? 'You are better than the network.' : yours < theirs ? 'The network is better.' : 'A draw.';
    asked.textContent = `You: ${yours} of ${total}. The network: ${theirs} of ${total}. ${word}`;
    verdict.textContent = data.note;
    next.textContent = 'Play again';
    next.focus();
  }

  function start() {
    [trial, yours, theirs] = [0, 0, 0];
    show();
  }

  next.addEventListener('click', (event) => {
    if (event.detail > 1) return;  // a double click must not skip the score
    if (next.textContent === 'Play again') { start(); board.focus(); return; }
    trial++;
    if (trial < data.answer.length) { show(); board.focus({ preventScroll: true }); } else finish();
  });
  board.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = letters.indexOf(event.key.toUpperCase());
    if (event.key.length !== 1 || way < 0 || way >= data.nWay || trial >= data.answer.length) return;
    event.preventDefault();
    event.stopPropagation();
    answer(way);
  });
  start();
}
