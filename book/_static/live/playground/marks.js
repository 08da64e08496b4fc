// One small picture for each digit, drawn once: filled discs for those that are learned from,
// hollow squares for those that are never seen. The digit stands inside, so colour is not the only sign.
live.define('playground/marks', (live) => {
  const playground = (live.playground ??= {});

  // Okabe and Ito's colours as in the chapters' figures, each with the ink that can be read on it.
  const COLOURS = [['#0072B2', '#fff'], ['#D55E00', '#000'], ['#009E73', '#000'], ['#CC79A7', '#000'],
    ['#E69F00', '#000'], ['#56B4E9', '#000'], ['#999999', '#000']];

  playground.colourOf = function (digit, unseen) {
    const hollow = unseen.includes(digit);
    const place = hollow ? unseen.indexOf(digit) : playground.learned(unseen, 7).indexOf(digit);
    return { hollow, colour: COLOURS[place][0], ink: COLOURS[place][1] };
  };

  // `size` in pixels of the page, `sharp` device pixels for each; `text` is the page's text colour.
  playground.mark = function (digit, unseen, size, sharp, text) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = Math.ceil(size * sharp);
    const pen = canvas.getContext('2d'), { hollow, colour, ink } = playground.colourOf(digit, unseen);
    pen.scale(canvas.width / 16, canvas.height / 16);
    pen.font = `bold ${hollow ? 10.5 : 11}px sans-serif`;
    pen.textAlign = 'center';
    pen.fillStyle = pen.strokeStyle = colour;
    if (hollow) {
      pen.lineWidth = 2.2;
      pen.strokeRect(1.6, 1.6, 12.8, 12.8);
      pen.fillStyle = text;
    } else {
      pen.beginPath();
      pen.arc(8, 8, 7.6, 0, 2 * Math.PI);
      pen.fill();
      pen.fillStyle = ink;
    }
    pen.fillText(digit, 8, 11.9);
    return canvas;
  };
});
