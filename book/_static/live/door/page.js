// The door that you can draw on: puts the pieces together.
live.define('door/page', function (live) {
  const { people: firstPeople, strangers, door } = live.doorData;
  const LARGEST = 1.2;  // threshold: beyond it nearly everybody is let in
  const root = document.getElementById('live-door'), { button } = live;
  const see = live.eye(live.networks.omniglot, (why) => { broken = why; show(); });
  let broken = '', people = [], seen = null, answer = null, target = null, tries = 0, best = Infinity;
  let visitor = null, signing = false;  // who was let sign, and whether that goes on

  root.replaceChildren();
  const columns = make(root, 'div', { class: 'sn-columns' });
  const left = make(columns, 'div'), right = make(columns, 'div');

  // Left: the pad, what it can do, and who is drawn.
  make(left, 'h3', {}, 'Draw a sign');
  const pad = live.pad(left, { label: 'Drawing pad.', onOwn: () => { visitor = null; if (!target) note.textContent = ''; }, onChange: drawn });
  const tools = make(left, 'div', { class: 'sn-controls' });
  button(tools, 'Undo', () => pad.undo());
  button(tools, 'Clear', () => { nextTry(); visitor = null; pad.clear(); });
  const sign = button(tools, 'Let somebody sign', letSomebodySign);
  const form = make(left, 'form', { class: 'sn-controls' });
  const label = make(form, 'label', {}, 'Name');
  const name = make(label, 'input', { type: 'text', maxlength: 30, autocomplete: 'off' });
  make(form, 'button', { type: 'submit' }, 'Enrol');
  form.addEventListener('submit', enrol);
  const note = make(left, 'output', { class: 'sn-caption', 'aria-live': 'polite' });

  // Right: the answer, the threshold, the list.
  make(right, 'h3', {}, 'Who is it?');
  const verdict = make(right, 'output', { class: 'sn-verdict', 'aria-live': 'polite' });
  const views = make(right, 'div', { class: 'sn-views' });
  const slider = make(make(right, 'label', { class: 'sn-threshold' }, 'Threshold'), 'input',
    { type: 'range', min: 0, max: LARGEST, step: door.step, value: door.threshold });
  const ends = make(right, 'div', { class: 'sn-ends', 'aria-hidden': 'true' });
  for (const end of ['nobody gets in', 'everybody gets in']) make(ends, 'span', {}, end);
  const rates = make(right, 'p', { class: 'sn-rates' });
  slider.addEventListener('input', show);
  const list = live.peopleList(right, { onForge: forge, onRemove: remove });
  const file = make(right, 'div', { class: 'sn-controls' });
  button(file, 'Save the list', save);
  button(file, 'Load a list', () => chooser.click());
  button(file, 'Bring back the first six', () => welcome([...firstPeople, ...people.filter(({ name: called }) => !firstPeople.some((first) => first.name === called))]));
  const chooser = make(file, 'input', { type: 'file', accept: '.json,application/json', hidden: '', 'aria-label': 'A saved list' });
  chooser.addEventListener('change', load);

  // While one drawing is looked at, only the latest of the others waits.
  let busy = false, again = false;
  async function drawn(finished) {
    if (finished && !pad.strokes().length) { seen = null; show(); return; }
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      const strokes = pad.strokes();
      const found = strokes.length ? await see(strokes).catch(() => null) : null;
      seen = pad.strokes().length ? found : null;
      show();
    } while (again);
    busy = false;
  }

  function show() {
    const threshold = +slider.value, percent = (share) => `${Math.round(100 * share)} %`;
    // While somebody signs, the reader guesses first.
    answer = seen && !signing ? live.gallery.recognise(seen.embedding, people, threshold) : null;
    const [named, , stranger] = door.rates[Math.round(threshold / door.step)];
    slider.setAttribute('aria-valuetext', threshold.toFixed(2));
    rates.textContent = `At ${threshold.toFixed(2)}, measured with ${door.enrolled} other made-up signs: ${percent(named)} are named when another hand draws them, ${percent(stranger)} of the strangers get in.`;
    verdict.textContent = words(threshold);
    list.show(answer, threshold, target ? people.indexOf(target) : null);
    showViews();
    if (target && answer) {
      best = Math.min(best, answer.distances[people.indexOf(target)]);
      note.textContent = `Forging ${target.name}, drawing ${tries}: closest so far ${best.toFixed(2)}. It passes at ${threshold.toFixed(2)} or less.`;
    }
  }

  function words(threshold) {
    if (broken) return `The network cannot be started in this browser (${broken}). Reload the page, or open it in a different browser.`;
    if (!people.length) return 'Nobody is enrolled. Draw a sign, give it a name, press Enrol.';
    if (signing) return 'Who is it? Make a guess.';
    if (!answer) return 'Draw one of the signs below, or one of your own.';
    const { name: nearest } = people[answer.nearest], distance = answer.distances[answer.nearest].toFixed(2);
    const solution = visitor ? ` (It was ${visitor}.)` : '';
    return answer.known
      ? `${nearest}. The distance is ${distance}, within the threshold of ${threshold.toFixed(2)}.${solution}`
      : `Unknown. The nearest is ${nearest} at ${distance}, beyond the threshold of ${threshold.toFixed(2)}.${solution}`;
  }

  function showViews() {
    views.replaceChildren();
    if (!seen) return;
    const view = (picture, caption) => {
      const figure = make(views, 'figure');
      picture(figure);
      make(figure, 'figcaption', {}, caption);
    };
    view((place) => live.inkPicture(place, seen.pixels, 'Your drawing as the network sees it'), 'what the network sees');
    view((place) => live.embeddingPicture(place, seen.embedding, 'Its embedding, 128 numbers as coloured cells'), 'its embedding');
    if (!answer || answer.nearest === null) return;
    const nearest = people[answer.nearest];
    view((place) => live.embeddingPicture(place, nearest.embedding, `The embedding of ${nearest.name}, 128 numbers as coloured cells`), `that of ${nearest.name}`);
  }

  async function welcome(newcomers) {
    const found = await Promise.all(newcomers.map(({ strokes }) => see(strokes))).catch(() => null);
    if (!found) return;
    people = newcomers.map(({ name: called, strokes, again: others }, i) => ({ name: called, strokes, again: others, ...found[i] }));
    target = null;
    list.set(people);
    show();
  }

  async function enrol(event) {
    event.preventDefault();
    if (broken) return;
    const strokes = pad.strokes();
    try { live.gallery.check(name.value, strokes, people); } catch (problem) { note.textContent = problem.message; return; }
    const person = { name: live.gallery.cleanName(name.value), strokes, ...await see(strokes) };
    people = [...people, person];
    list.set(people);
    name.value = '';
    visitor = null;
    note.textContent = `${person.name} is enrolled, from one drawing. Draw the sign again.`;
    pad.clear();
  }

  function remove(person) {
    people = people.filter((other) => other !== person);
    if (target === person) target = null;
    list.set(people);
    note.textContent = `${person.name} is removed.`;
    show();
  }

  function forge(person) {
    target = target === person ? null : person;
    tries = 1;
    best = Infinity;
    visitor = null;
    note.textContent = target ? `Copy the sign of ${person.name} and try to be taken for ${person.name}.` : '';
    pad.clear();
  }

  function nextTry() {
    if (target && pad.strokes().length) tries++;
  }

  // One of those with drawings to spare, or a stranger; who it was is told with the answer.
  async function letSomebodySign() {
    const coming = [...people.filter((person) => person.again), null, null];
    const person = coming[Math.floor(Math.random() * coming.length)];
    const drawings = person ? person.again : strangers;
    target = visitor = null;
    note.textContent = '';
    signing = sign.disabled = true;
    const whole = await pad.play(drawings[Math.floor(Math.random() * drawings.length)]);
    signing = sign.disabled = false;
    if (whole) visitor = person ? person.name : 'a stranger';
    show();
  }

  function save() {
    const link = make(root, 'a', { href: URL.createObjectURL(new Blob([live.gallery.write(people)], { type: 'application/json' })), download: 'people-at-the-door.json' });
    link.click();
    link.remove();
  }

  async function load() {
    const [chosen] = chooser.files;
    if (!chosen) return;
    try {
      await welcome(live.gallery.read(await chosen.text()));
      note.textContent = `${people.length} people are loaded from ${chosen.name}.`;
    } catch (problem) {
      note.textContent = problem.message;
    }
    chooser.value = '';
  }

  live.door = {
    see,
    pad,
    ready: welcome(firstPeople),
    settled: () => !busy,
    state: () => ({ people, seen, answer, target }),
  };
});
