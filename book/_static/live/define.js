// The live pages are classic scripts, as modules do not load from file://. Each says what it adds
// to `live`; its text is kept, so that a worker (which cannot read files either) can be made of it.
globalThis.live = { texts: {} };

live.define = function (name, add) {
  live.texts[name] = add.toString();
  add(live);
};

// A worker in which the named scripts have run and `answer(live, message)` answers each message;
// gives the function that asks it. If the browser cannot start it, `onBroken` is told why, and all
// questions are refused: nobody waits for ever.
live.worker = function (names, answer, onBroken = () => {}) {
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
  const waiting = new Map();
  let last = 0, broken = null, worker = null;
  function breakDown(why) {
    broken = new Error(why || 'the browser does not say why');
    for (const [, reject] of waiting.values()) reject(broken);
    waiting.clear();
    onBroken(broken.message);
  }
  try {
    worker = new Worker(address);
  } catch (problem) {
    queueMicrotask(() => breakDown(String(problem)));
    return () => Promise.reject(new Error(String(problem)));
  }
  worker.onerror = (event) => {
    event.preventDefault();
    breakDown(event.message);
  };
  worker.onmessage = ({ data: { number, result, problem } }) => {
    const [resolve, reject] = waiting.get(number);
    waiting.delete(number);
    if (problem === undefined) resolve(result);
    else reject(new Error(problem));
  };
  return (message) => new Promise((resolve, reject) => {
    if (broken) {
      reject(broken);
      return;
    }
    waiting.set(++last, [resolve, reject]);
    worker.postMessage({ number: last, message });
  });
};
