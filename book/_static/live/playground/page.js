// Puts the playground in the place of its words, and lets it run.
live.define('playground/page', (live) => {
  const playground = (live.playground ??= {});
  const AT_ONCE = 20, SPEEDS = [5, 30, 100, 500];  // steps: of a button, and of a second
  const FRAME = 25;  // milliseconds that training may take of a frame
  const NUMBERS_EVERY = 300, WORDS_EVERY = 3000, CALM_EVERY = 1000;  // milliseconds

  playground.open = function (root) {
    root.replaceChildren();
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    const parts = playground.layout(root);
    const { canvas, lines, play, turn, note } = parts;
    const plot = playground.plot(canvas), past = playground.history(lines);
    const readings = playground.readings(parts.numbers), legend = playground.legend(parts.legend);
    let run = null, settings = null, playing = false, speed = SPEEDS[1];
    let oneShot = 0, numbersAt = -Infinity, wordsAt = -Infinity, calmAt = -Infinity, framedAt = 0, owed = 0;

    // Draws what there is; numbers and words only now and then, unless `all` of it is wanted.
    function show(all, now = performance.now()) {
      const z = run.places();
      plot.draw(run, z);
      const exact = all || now - numbersAt >= NUMBERS_EVERY;
      if (exact) oneShot = run.oneShot();
      const look = run.look(z, oneShot);
      past.add(look);
      past.draw();
      if (!exact) return;
      const verdict = playground.verdict(settings, run.unit, run.first, look);
      readings(settings, run.first, look);
      parts.verdict.textContent = verdict;
      numbersAt = now;
      if (!all && now - wordsAt < WORDS_EVERY) return;
      parts.spoken.textContent = `${verdict} ${playground.numbers(settings, look)}`;
      canvas.setAttribute('aria-label', `${playground.scene(settings)} ${parts.spoken.textContent}`);
      wordsAt = now;
    }
    function steps(count, atMost = Infinity) {
      const began = performance.now();
      for (let step = 0; step < count && performance.now() - began < atMost; step++) run.train();
    }
    // Steps that are due now; after a pause, or where the machine is slow, none is made up for.
    function due(now) {
      if (calm.matches && now - calmAt < CALM_EVERY) return 0;
      owed = calm.matches ? AT_ONCE : Math.min(owed + (now - framedAt) / 1000 * speed, Math.max(speed / 20, 1));
      const whole = Math.floor(owed);
      owed -= whole;
      return whole;
    }
    function frame(now) {
      if (!playing) return;
      const count = due(now);
      framedAt = now;
      if (count) {
        if (calm.matches) calmAt = now;
        steps(count, calm.matches ? Infinity : FRAME);
        show(calm.matches, now);
      }
      requestAnimationFrame(frame);
    }
    function setPlaying(on) {
      if (on === playing) return;
      playing = on;
      play.textContent = on ? 'Pause' : 'Play';
      if (on) requestAnimationFrame(frame);
      else show(true);
    }
    function reset() {
      setPlaying(false);
      run = playground.run(settings);
      plot.forget();
      past.forget();
      legend(settings);
      parts.turning.hidden = run.d !== 3;
      show(true);
    }
    function shown() {
      controls.show(settings);
      address(playground.toAddress(settings));
      const same = (number) => playground.toAddress(playground.preset(number)) === playground.toAddress(settings);
      presets.forEach((button, number) => button.setAttribute('aria-pressed', same(number)));
    }
    function begin(chosen) {
      settings = { ...chosen };
      shown();
      reset();
    }
    const isOn = (button) => button.getAttribute('aria-pressed') === 'true';
    function remember() {
      globalThis.history.replaceState(null, '', playground.toAddress(settings));
    }
    function change(field, value) {
      settings = { ...settings, [field.name]: value };
      shown();
      remember();
      // The story is about another setting now; a seed does not change what it says.
      if (field.name !== 'seed') parts.story.classList.toggle('sn-left', !presets.some(isOn));
      note.textContent = field.fresh ? 'A new network begins.'
        : run.step ? `${field.label} changed at step ${run.step}. The network goes on from where it is; Reset begins anew.` : '';
      if (field.fresh) return reset();
      run.change(field.name, value);
      if (run.step === 0) reset();
      else show(true);
    }
    function tell(number) {
      parts.story.classList.remove('sn-left');
      const { watch, next } = playground.PRESETS[number];
      parts.watch.textContent = watch;
      parts.next.textContent = next;
      parts.next.parentElement.hidden = false;
    }
    function fromAddress() {
      const { settings: chosen, problems, found } = playground.fromAddress(location.hash);
      if (run && !found) return;
      begin(chosen);
      note.textContent = problems.length
        ? `The address holds something that this page does not know: ${problems.join(', ')}. The usual value is used instead.` : '';
      const number = presets.findIndex(isOn);
      if (number >= 0) tell(number);
      else {
        parts.watch.textContent = 'This setting came with the address. Press Play.';
        parts.next.parentElement.hidden = true;
      }
    }

    const presets = playground.PRESETS.map(({ name }, number) => live.button(parts.presets, name, () => {
      begin(playground.preset(number));
      remember();
      note.textContent = '';
      tell(number);
    }));
    const controls = playground.controls(parts.settings, change);
    const address = playground.address(parts.share);
    play.addEventListener('click', () => setPlaying(!playing));
    const walk = (count) => () => {
      setPlaying(false);
      for (let step = 0; step < count; step++) {
        steps(1);
        past.add(run.look(run.places(), oneShot));  // the curves show each step on the way
      }
      show(true);
    };
    live.button(parts.buttons, 'Step', walk(1));
    live.button(parts.buttons, `${AT_ONCE} steps`, walk(AT_ONCE));
    live.button(parts.buttons, 'Reset', reset);
    live.button(parts.buttons, 'New seed', () =>
      change(playground.FIELDS.find(({ name }) => name === 'seed'), settings.seed % 9999 + 1));
    const pace = playground.choice(parts.pace, 'Steps', SPEEDS.map((value) =>
      ({ value, words: `${value} a second` })), (value) => { speed = Number(value); });
    pace.input.value = speed;
    const still = () => {
      pace.box.hidden = calm.matches;
      parts.calm.hidden = !calm.matches;
    };
    parts.calm.textContent = `Your system asks for little motion: Play takes ${AT_ONCE} steps once a second.`;
    calm.addEventListener('change', still);
    still();
    playground.turning(canvas, turn, (angle) => {
      plot.turn = angle;
      if (!playing) plot.draw(run, run.places());
    });
    playground.inspect(canvas, parts.card, () => ({ run, plot }));
    addEventListener('resize', () => { if (!playing) show(true); });
    addEventListener('hashchange', fromAddress);
    fromAddress();
    // The book's button for light and dark changes the colour of the text.
    new MutationObserver(() => { legend(settings); show(true); })
      .observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });

    // Milliseconds for each of `count` frames: one training step and the drawing of all points.
    playground.measure = function (count) {
      setPlaying(false);
      const took = [];
      for (let number = 0; number < count; number++) {
        const began = performance.now();
        steps(1);
        show(false);
        took.push(performance.now() - began);
      }
      return { points: run.drawnLabels.length, took };
    };
    playground.state = () => ({ step: run.step, playing, settings: { ...settings }, look: run.look(), first: run.first });
  };

  const place = document.getElementById('live-playground');
  if (place) playground.open(place);
});
