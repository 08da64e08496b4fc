// Random numbers from a seed: the same seed gives the same network, batches and trials on every machine.
live.define('playground/random', (live) => {
  const playground = (live.playground ??= {});

  // Mulberry32: 32 bits of state, far more numbers than this page ever draws.
  playground.generator = function (seed) {
    let state = seed >>> 0;
    const uniform = () => {
      state = (state + 0x6D2B79F5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (n) => Math.floor(uniform() * n);
    // `count` different ones of `items`, in random order.
    const choose = (items, count) => {
      const left = [...items];
      return Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]);
    };
    return { uniform, below, choose };
  };
});
