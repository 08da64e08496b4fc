// What can be set, with which values; and a setting as the part of an address behind the "#".
live.define('playground/settings', (live) => {
  const playground = (live.playground ??= {});

  const named = (pairs) => Object.entries(pairs).map(([value, words]) => ({ value, words }));
  const numbers = (values, unit = '') => values.map((value) => ({ value, words: `${value}${unit}` }));

  // `fresh`: a change of it needs a new network. `of`: the losses that it belongs to.
  playground.FIELDS = [
    { name: 'loss', label: 'Loss', values: named({
      contrastive: 'contrastive', triplet: 'triplet', supcon: 'supervised contrastive', logistic: 'logistic' }) },
    { name: 'mining', label: 'Triplets', of: ['triplet'], values: named({
      all: 'all', 'semi-hard': 'semi-hard', 'batch-hard': 'hardest only' }) },
    { name: 'margin', label: 'Margin', of: ['contrastive', 'triplet'],
      values: numbers([0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 100]) },
    { name: 'temperature', label: 'Temperature', of: ['supcon'], values: numbers([0.05, 0.1, 0.2, 0.5, 1]) },
    { name: 'space', label: 'Space', fresh: true, values: named({
      plane: 'plane', circle: 'circle, length 1', sphere: 'sphere, length 1' }) },
    { name: 'rate', label: 'Learning rate', values: numbers([0.0003, 0.001, 0.003, 0.01, 0.03]) },
    { name: 'each', label: 'Batch', values: numbers([2, 4, 8, 16], ' of each') },
    { name: 'digits', label: 'Learns from', fresh: true,
      values: numbers([2, 3, 4, 5, 6, 7], ' digits') },
    { name: 'unseen', label: 'Never seen', fresh: true, values: ['369', '036', '789', '468'].map((value) =>
      ({ value, words: `${value[0]}, ${value[1]} and ${value[2]}` })) },
    { name: 'seed', label: 'Seed', fresh: true, least: 1, most: 9999 },
  ];

  playground.DEFAULTS = { loss: 'contrastive', mining: 'all', margin: 1, temperature: 0.1, space: 'plane',
    rate: 0.003, each: 8, digits: 7, unseen: '369', seed: 1 };

  const allowed = ({ values, least, most }, text) => {
    if (values) return values.find(({ value }) => String(value) === text)?.value;
    const number = Number(text);
    return /^\d+$/.test(text) && number >= least && number <= most ? number : undefined;
  };

  playground.toAddress = (settings) =>
    '#' + playground.FIELDS.map(({ name }) => `${name}=${settings[name]}`).join('&');

  // { settings, problems, found }: what is missing or wrong is as by default; what was wrong is
  // said. An address with no "=" is a place on the page and none of ours.
  playground.fromAddress = function (hash) {
    const settings = { ...playground.DEFAULTS }, problems = [];
    const text = hash.replace(/^#/, '');
    if (!text.includes('=')) return { settings, problems, found: false };
    for (const [name, value] of new URLSearchParams(text)) {
      const field = playground.FIELDS.find((candidate) => candidate.name === name);
      const fits = field && allowed(field, value);
      if (fits === undefined) problems.push(`${name}=${value}`.slice(0, 40));
      else settings[name] = fits;
    }
    return { settings, problems, found: true };
  };

  playground.allowed = (name, text) =>
    allowed(playground.FIELDS.find((field) => field.name === name), text);
});
