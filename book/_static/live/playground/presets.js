// The stories. Each sentence about what happens is tried with five seeds in tests/live/playground.
live.define('playground/presets', (live) => {
  const playground = (live.playground ??= {});

  playground.PRESETS = [
    { name: 'A first look', settings: {},
      watch: 'Press Play. Discs of one digit gather, and the groups move apart until about a margin lies '
        + 'between them. Fewer and fewer pairs pay.',
      next: 'Look at the squares: the network never learns from 3, 6 and 9. Where do they go?' },
    { name: 'Collapse', settings: { loss: 'triplet', mining: 'batch-hard', margin: 0.2, space: 'circle', rate: 0.01 },
      watch: 'Each picture takes its hardest triplet only. Within 50 steps all points fall into one. The loss comes '
        + 'down to the margin, 0.2, and parks there, and nearly every triplet still pays.',
      next: 'Set Triplets to all, and reset. With the same network and the same batches nothing collapses.' },
    { name: 'Margin too large', settings: { loss: 'contrastive', margin: 3, space: 'circle' },
      watch: 'On the circle no two points are more than 2 apart, and the margin asks for 3. Every pair pays, for '
        + 'ever. Groups form all the same, but the loss never says that the work is done.',
      next: 'Set the margin to 1, and reset. Now fewer than half of the pairs pay after 100 steps.' },
    { name: 'Why normalise', settings: { loss: 'triplet', margin: 1, space: 'plane' },
      watch: 'The triplet loss asks for an order, by a margin. In the plane the network can also pay less by '
        + 'blowing everything up: after 200 steps the spread is several times what it was.',
      next: 'Set the margin to 10, and reset: now everything grows to more than twenty times its size. Then choose the circle: '
        + 'the spread stays at 1 or below, whatever the margin asks for.' },
    { name: 'Few classes', settings: { loss: 'contrastive', digits: 2 },
      watch: 'The network learns from two digits only, 0 and 1. After 100 steps it parts them perfectly well. '
        + 'Now look at the squares and their one-shot accuracy.',
      next: 'Set Digits to learn from to 7, and take 100 steps again. More classes to learn from help with those that it has '
        + 'never seen. Is it so with other unseen digits, too? Try 7, 8 and 9.' },
  ];
  playground.preset = (number) => ({ ...playground.DEFAULTS, ...playground.PRESETS[number].settings });
});
