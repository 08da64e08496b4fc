// The stories. Each sentence about what happens is tried with five seeds in tests/live/playground.
live.define('playground/presets', (live) => {
  const playground = (live.playground ??= {});

  playground.PRESETS = [
    { name: 'A first look', settings: {},
      watch: 'Press Play. Discs of one digit gather, and the groups move apart. The bar at the lower left is as long as '
        + 'the margin. After 50 steps fewer than half of the pairs still pay.',
      next: 'Look at the squares: the network never learns from 3, 6 and 9. Where do they go? With most '
        + 'seeds the exam with them gets better, with some it gets worse: two numbers for each picture are few.' },
    { name: 'Collapse', settings: { loss: 'triplet', mining: 'batch-hard', margin: 0.2, space: 'circle', rate: 0.01 },
      watch: 'Each picture learns from its hardest triplet only. Within 50 steps all points fall into one place. The loss '
        + 'comes down to the margin, 0.2, and stays there for three hundred steps, while every triplet still pays.',
      next: 'Set Triplets to all, and reset. With the same network and the same batches nothing collapses. Or let it run on: '
        + 'with some seeds, like 3, a part of the points breaks out in the end.' },
    { name: 'Margin too large', settings: { loss: 'contrastive', margin: 3, space: 'circle' },
      watch: 'On the circle no two points are more than 2 apart, and the margin asks for 3. Every pair pays, '
        + 'forever. Groups form all the same, but the loss never says that the work is done.',
      next: 'Set the margin to 1, and reset. Now fewer than half of the pairs pay after 100 steps.' },
    { name: 'Why normalise', settings: { loss: 'triplet', margin: 1, space: 'plane' },
      watch: 'The triplet loss asks for an order, by a margin. In the plane the network can also pay less by '
        + 'blowing everything up: after 200 steps the spread is more than five times what it was.',
      next: 'Set the margin to 10, and reset: now the spread grows to more than forty times its size. Then choose the circle: '
        + 'the spread stays at 1 or below, whatever the margin asks for.' },
    { name: 'Few classes', settings: { loss: 'contrastive', digits: 2 },
      watch: 'The network learns from two digits only, 0 and 1. After 100 steps different pairs are more than ten times '
        + 'as far apart as same ones. But look at the squares: fewer than half of the unseen digits are named right.',
      next: 'Let it learn from 7 digits, and take 100 steps again: it names more of the digits that it has '
        + 'never seen. Then try 7, 8 and 9 as the unseen ones, with a few seeds. There it is not always so.' },
  ];
  playground.preset = (number) => ({ ...playground.DEFAULTS, ...playground.PRESETS[number].settings });
});
