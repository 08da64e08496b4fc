// Where everything stands, and how the sphere is turned.
live.define('playground/layout', (live) => {
  const playground = (live.playground ??= {});

  playground.layout = function (root) {
    root.classList.add('sn-playground');
    const presets = make(root, 'div', { class: 'sn-controls sn-presets', role: 'group', 'aria-label': 'Stories' });
    const story = make(root, 'div', { class: 'sn-story' });
    const told = (word) => {
      const line = make(story, 'p');
      make(line, 'strong', {}, word);
      return make(line, 'span');
    };
    const watch = told('Watch: '), next = told('Then: ');
    const note = make(root, 'p', { class: 'sn-note sn-told', role: 'status' });
    const stage = make(root, 'div', { class: 'sn-stage' });
    const left = make(stage, 'div'), right = make(stage, 'div');
    const frame = make(left, 'div', { class: 'sn-frame' });
    const canvas = make(frame, 'canvas', { class: 'sn-points', role: 'img', 'aria-label': 'Points' });
    const card = make(frame, 'div', { class: 'sn-card', 'aria-hidden': 'true', hidden: '' });
    const { box: turning, input: turn } = playground.labelled(left, 'Turn the sphere', 'input',
      { type: 'range', min: -180, max: 180, step: 5, value: 35 });
    const buttons = make(left, 'div', { class: 'sn-controls sn-run', role: 'group', 'aria-label': 'Training' });
    const play = make(buttons, 'button', { type: 'button', class: 'sn-play' }, 'Play');
    // Seen, it changes with the numbers; heard, only now and then.
    const verdict = make(left, 'p', { class: 'sn-verdict', 'aria-hidden': 'true' });
    const spoken = make(left, 'output', { class: 'sn-spoken', 'aria-live': 'polite' });
    const legend = make(left, 'div');
    const settings = make(right, 'div', { class: 'sn-settings', role: 'group', 'aria-label': 'Settings' });
    const pace = make(right, 'div', { class: 'sn-settings' });
    const calm = make(right, 'p', { class: 'sn-note' });
    const below = make(root, 'div', { class: 'sn-stage' });
    const numbers = make(below, 'div'), curves = make(below, 'div');
    const lines = make(curves, 'canvas', { class: 'sn-lines', role: 'img',
      'aria-label': 'Distances and spread over the steps; the table holds the last of them.' });
    playground.lineLegend(curves);
    const share = make(root, 'div');
    return { presets, story, watch, next, canvas, card, turning, turn, buttons, play, legend, settings, pace, calm, note,
      verdict, spoken, numbers, lines, share };
  };

  const SCENES = {
    plane: 'Pictures of digits as points in the plane.',
    circle: 'Pictures of digits as points on a circle.',
    sphere: 'Pictures of digits as points on a sphere.',
  };
  playground.scene = ({ space }) => SCENES[space];

  // By the slider, or by drawing a finger or the mouse across; up and down scrolls the page.
  playground.turning = function (canvas, slider, onTurn) {
    const turned = () => onTurn(Number(slider.value) * Math.PI / 180);
    let from = null;
    slider.addEventListener('input', turned);
    canvas.addEventListener('pointerdown', (event) => {
      if (from) return;  // a second finger
      from = { id: event.pointerId, x: event.clientX, angle: Number(slider.value) };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (from?.id !== event.pointerId) return;
      const angle = from.angle + (event.clientX - from.x) * 180 / canvas.clientWidth;
      slider.value = ((angle + 180) % 360 + 360) % 360 - 180;
      turned();
    });
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, (event) => { if (from?.id === event.pointerId) from = null; });
    }
  };
});
