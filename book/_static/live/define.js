// The live pages are classic scripts, as modules do not load from file://. Each says what it adds
// to `live`; its text is kept, so that a worker (which cannot read files either) can be made of it.
globalThis.live = { texts: {} };

live.define = function (name, add) {
  live.texts[name] = add.toString();
  add(live);
};

// A worker in which the named scripts have run and `answer(live, message)` answers each message;
// gives the function that asks it.
live.worker = function (names, answer) {
  const source = [
    'globalThis.live = {};',
    ...names.map((name) => `(${live.texts[name]})(live);`),
    `const answer = ${answer.toString()};`,
    'onmessage = async (event) => {',
    '  const { number, message } = event.data;',
    '  try { postMessage({ number, result: await answer(live, message) }); }',
    '  catch (problem) { postMessage({ number, problem: String(problem) }); }',
    '};',
  ].join('\n');
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(address), waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data: { number, result, problem } }) => {
    const [resolve, reject] = waiting.get(number);
    waiting.delete(number);
    if (problem === undefined) resolve(result);
    else reject(new Error(problem));
  };
  return (message) => new Promise((resolve, reject) => {
    waiting.set(++last, [resolve, reject]);
    worker.postMessage({ number: last, message });
  });
};
