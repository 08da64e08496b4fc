// A sheet to draw on: with a mouse, a finger or a pen, or with the keyboard. Strokes are kept in
// dots of Omniglot's paper (105 a side), whatever the size on the screen.
live.define('door/pad', function (live) {
  const DOTS = live.rendering.PAPER, STEP = 3, PIXELS = 3 * DOTS;

  // `onOwn`: the reader begins a stroke; `onChange(finished)`: the drawing is another one.
  live.pad = function (parent, { label, onOwn, onChange }) {
    const canvas = make(parent, 'canvas', { class: 'sn-pad', width: PIXELS, height: PIXELS, tabindex: 0, role: 'application',
      'aria-label': `${label} Arrow keys move the pen, the space bar sets it down and lifts it.` });
    const paper = canvas.getContext('2d');
    let strokes = [], drawing = null, pointer = null, cursor = null, playing = 0;

    function paint() {
      paper.fillStyle = '#fff';
      paper.fillRect(0, 0, PIXELS, PIXELS);
      paper.lineCap = paper.lineJoin = 'round';
      paper.lineWidth = 5 * PIXELS / DOTS;
      paper.strokeStyle = '#000';
      for (const stroke of strokes) {
        paper.beginPath();
        for (const [x, y] of stroke) paper.lineTo(x * PIXELS / DOTS, y * PIXELS / DOTS);
        paper.stroke();
        if (stroke.every(([x, y]) => x === stroke[0][0] && y === stroke[0][1])) dot(...stroke[0]);
      }
      if (cursor && document.activeElement === canvas) {
        paper.lineWidth = 2;
        paper.strokeStyle = cursor.down ? '#D55E00' : '#0072B2';
        paper.strokeRect(cursor.x * PIXELS / DOTS - 6, cursor.y * PIXELS / DOTS - 6, 12, 12);
      }
    }

    // A line without length would leave no ink.
    function dot(x, y) {
      paper.fillStyle = '#000';
      paper.beginPath();
      paper.arc(x * PIXELS / DOTS, y * PIXELS / DOTS, paper.lineWidth / 2, 0, 2 * Math.PI);
      paper.fill();
    }

    function changed(finished) {
      paint();
      onChange(finished);
    }

    const kept = (value) => Math.round(10 * Math.min(DOTS, Math.max(0, value))) / 10;
    function place(event) {
      const frame = canvas.getBoundingClientRect();
      return [kept((event.clientX - frame.left) * DOTS / frame.width), kept((event.clientY - frame.top) * DOTS / frame.height)];
    }

    canvas.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      event.preventDefault();
      if (drawing) {
        // A palm beside the pen draws nothing; if it came first, the pen takes over.
        if (event.pointerType !== 'pen' || pointer.pointerType === 'pen') return;
        strokes.pop();
      }
      pointer = event;
      playing++;
      onOwn();
      cursor = null;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      drawing = [place(event)];
      strokes.push(drawing);
      changed(false);
    });
    const isDrawing = (event) => drawing && event.pointerId === pointer.pointerId;
    canvas.addEventListener('pointermove', (event) => {
      if (!isDrawing(event)) return;
      const between = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const moment of between.length ? between : [event]) drawing.push(place(moment));
      changed(false);
    });
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, (event) => {
        if (!isDrawing(event)) return;
        drawing = null;
        changed(true);
      });
    }

    canvas.addEventListener('keydown', (event) => {
      const move = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
      if (!move && event.key !== ' ') return;
      event.preventDefault();
      playing++;
      cursor ||= { x: DOTS / 2, y: DOTS / 2, down: false };
      if (move) {
        cursor.x = kept(cursor.x + move[0]);
        cursor.y = kept(cursor.y + move[1]);
        if (cursor.down) strokes.at(-1).push([cursor.x, cursor.y]);
      } else {
        cursor.down = !cursor.down;
        if (cursor.down) {
          onOwn();
          strokes.push([[cursor.x, cursor.y]]);
        }
      }
      changed(!cursor.down);
    });
    canvas.addEventListener('focus', paint);
    canvas.addEventListener('blur', paint);

    function set(others) {
      playing++;
      drawing = cursor = null;
      strokes = others.map((stroke) => stroke.slice());
      changed(true);
    }

    // Draw strokes point by point, as a hand would; at once for those who want no motion. Promises
    // whether they came to their end: the reader may draw or clear meanwhile.
    async function play(others) {
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
        set(others);
        return true;
      }
      set([]);
      const mine = playing;
      for (const stroke of others) {
        strokes.push([]);
        for (const point of stroke) {
          await new Promise((done) => setTimeout(done, 16));
          if (playing !== mine) return false;
          strokes.at(-1).push(point);
          changed(false);
        }
      }
      changed(true);
      return true;
    }

    paint();
    return {
      set, play,
      strokes: () => strokes.filter((stroke) => stroke.length),
      undo: () => set(strokes.slice(0, -1)),
      clear: () => set([]),
    };
  };
});
