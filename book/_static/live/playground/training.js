// One run: a network, its batches, one step at a time, and what can be said about it.
live.define('playground/training', (live) => {
  const playground = (live.playground ??= {});

  const HIDDEN = [64, 32], SCALE = 10, MIDPOINT = 1;  // the last two as LogisticPairLoss begins
  playground.SPACES = {
    plane: { dimensions: 2, unit: false },
    circle: { dimensions: 2, unit: true },
    sphere: { dimensions: 3, unit: true },
  };
  // Pictures that are drawn: 7 x 28 + 3 x 20 = 256 with all seven digits.
  const OF_LEARNED = 28, OF_UNSEEN = 20;

  function embedder(network, { unit, dimensions }) {
    const trained = (pixels, n) => {
      const trace = playground.forward(network, pixels, n), out = trace.at(-1);
      if (!unit) return { trace, z: out };
      const lengths = playground.lengths(out, n, dimensions);
      return { trace, lengths, z: playground.unit(out, lengths, dimensions) };
    };
    const gradient = ({ trace, lengths, z }, ofZ, n) => playground.backward(network, trace,
      unit ? playground.unitGradient(z, lengths, dimensions, ofZ) : ofZ, n);
    return { trained, gradient };
  }
  playground.embedder = embedder;

  playground.run = function (chosen) {
    const settings = { ...chosen };
    const space = playground.SPACES[settings.space], d = space.dimensions;
    const random = playground.generator(settings.seed);
    const network = playground.network([playground.PIXELS, ...HIDDEN, d], random);
    const learned = new Float64Array([Math.log(SCALE), MIDPOINT]);
    const update = playground.adam(network.weights), updateLearned = playground.adam(learned);
    const { trained, gradient } = embedder(network, space);
    const { rows, labels } = playground.digits();
    const classes = playground.learned(settings.unseen, settings.digits);

    const drawn = [
      ...classes.flatMap((digit) => rows[digit].slice(0, OF_LEARNED)),
      ...playground.unseen(settings.unseen).flatMap((digit) => rows[digit].slice(0, OF_UNSEEN)),
    ];
    const drawnPixels = playground.pixelsOf(drawn), drawnLabels = drawn.map((row) => labels[row]);
    const nLearned = classes.length * OF_LEARNED;

    const draw = () => {
      const chosen = classes.flatMap((digit) => random.choose(rows[digit], settings.each));
      return { n: chosen.length, pixels: playground.pixelsOf(chosen), labels: chosen.map((row) => labels[row]) };
    };
    const evaluate = (batch) => {
      const made = trained(batch.pixels, batch.n);
      return { ...made, ...playground.losses[settings.loss](made.z, batch.n, d, batch.labels, { ...settings, learned }) };
    };
    let batch = draw();
    const run = { settings, network, learned, step: 0, d, unit: space.unit, nLearned, drawn, drawnLabels };
    run.last = evaluate(batch);

    run.train = function () {
      const result = (run.last = evaluate(batch));
      update(gradient(result, result.gradient, batch.n), settings.rate);
      if (result.ofLearned) updateLearned(result.ofLearned, settings.rate);
      batch = draw();
      run.step++;
    };
    // What may change on the way; the next batch is drawn and looked at anew.
    run.change = function (name, value) {
      settings[name] = value;
      batch = draw();
      run.last = evaluate(batch);
    };
    run.places = () => trained(drawnPixels, drawn.length).z;
    run.oneShot = function () {
      const { pixels, n, asked } = playground.exam(settings.unseen);
      return playground.oneShot(trained(pixels, n).z, d, asked);
    };
    // The loss and its terms are those of the last batch, the distances those of the drawn discs.
    run.look = (z = run.places(), oneShot = run.oneShot()) => ({
      step: run.step, loss: run.last.loss, active: run.last.active, terms: run.last.terms, oneShot,
      ...playground.diagnose(z.subarray(0, nLearned * d), nLearned, d, drawnLabels.slice(0, nLearned)),
    });
    run.first = run.look();
    return run;
  };
});
