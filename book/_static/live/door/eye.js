// The network in a worker of its own, so that drawing never waits for it.
live.define('door/eye', function (live) {
  const WORKS = ['door/rendering', 'door/network'];

  function answer(live, { network, strokes }) {
    if (network) {
      live.seeing = live.network.read(network);
      return true;
    }
    const pixels = live.rendering.render(strokes, live.seeing.side);
    return { pixels, embedding: live.network.embed(live.seeing, pixels) };
  }

  // `see(strokes)` promises `{ pixels, embedding }`; answers come in the order of the questions.
  // `onBroken(why)` is told if the network cannot be started.
  live.eye = function (network, onBroken) {
    const ask = live.worker(WORKS, answer, onBroken);
    ask({ network }).catch((problem) => onBroken(problem.message));
    return (strokes) => ask({ strokes });
  };
});
