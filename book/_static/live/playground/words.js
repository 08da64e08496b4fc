// What is to be seen, in words and numbers.
live.define('playground/words', (live) => {
  const playground = (live.playground ??= {});

  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  playground.short = (value) =>
    (Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : 'not a number');
  playground.UNITS = { contrastive: 'pairs', logistic: 'pairs', triplet: 'triplets', supcon: 'anchors' };

  // Collapsed: less than a tenth is left of the spread that the untrained network had.
  const COLLAPSED = 0.1;
  playground.collapsed = (first, now) => now.spread < COLLAPSED * first.spread;

  playground.share = ({ active, terms }) => (terms ? active / terms : 0);

  // One sentence or two on what the numbers mean. `unit`: the points have length 1.
  playground.verdict = function (settings, unit, first, now) {
    const { short } = playground, pays = playground.UNITS[settings.loss];
    const times = now.different / now.same;
    if (!Number.isFinite(now.loss + now.spread)) {
      return 'The numbers have grown out of range. Reset, with a lower learning rate.';
    }
    if (playground.collapsed(first, now)) {
      const left = 100 * now.spread / first.spread;
      return `Collapsed. ${left < 0.1 ? 'Less than 0.1' : `Only ${short(left)}`} % of the first spread is left: `
        + 'all pictures lie in nearly one place.';
    }
    if (now.step === 0) return 'Nothing is learned yet. Press Play.';
    const order = `Two digits are ${short(times)} times as far apart as two pictures of one digit `
      + `(${short(first.different / first.same)} times before the first step).`;
    if (unit && settings.loss === 'triplet' && settings.margin > 2) {
      return `${order} The margin of ${settings.margin} is out of reach: no two points are more than 2 apart, `
        + 'so every triplet goes on paying.';
    }
    if (unit && settings.loss === 'contrastive' && settings.margin > 2) {
      return `${order} The margin of ${settings.margin} is out of reach: no two points are more than 2 apart, `
        + 'so every different pair goes on paying.';
    }
    if (now.terms === 0) return `${order} No ${pays} of this kind were in the last batch, so nothing is learned from it.`;
    if (now.active === 0) return `${order} No ${pays} of the last batch paid anything, so nothing is learned from it.`;
    return order;
  };

  playground.rows = (settings, look) => [
    ['Loss', playground.short(look.loss)],
    [settings.loss === 'supcon' ? 'Anchors that pay' : settings.loss === 'triplet' ? 'Triplets that pay' : 'Pairs that pay',
      look.terms ? percent(playground.share(look)) : 'there is none'],
    ['Spread', playground.short(look.spread)],
    ['Distance, same digit', playground.short(look.same)],
    ['Distance, different digits', playground.short(look.different)],
    ['One-shot, unseen digits', percent(look.oneShot)],
  ];

  // The numbers once more, for those who hear the page and do not see it.
  playground.numbers = (settings, now) =>
    `Step ${now.step}. ${playground.rows(settings, now).map(([name, value]) => `${name}: ${value}`).join('. ')}.`;
  playground.percent = percent;
});
