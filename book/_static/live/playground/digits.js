// scikit-learn's digits: 8 by 8 pixels of 0 to 16. The build writes them into digits_data.js.
live.define('playground/digits', (live) => {
  const playground = (live.playground ??= {});

  playground.PIXELS = 64;
  playground.UNSEEN = 3;

  // "369": never seen in training are 3, 6 and 9; the seven others are to learn from.
  playground.unseen = (text) => Array.from(text, Number);
  playground.learned = (text, count) =>
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((digit) => !text.includes(digit)).slice(0, count);

  // One letter for each pixel, "A" for 0 to "Q" for 16; one figure for each label.
  playground.decode = function ({ pixels, labels }) {
    const values = Float64Array.from(pixels, (letter) => (letter.charCodeAt(0) - 65) / 16);
    const classes = Array.from(labels, Number);
    const rows = Array.from({ length: 10 }, () => []);
    classes.forEach((label, row) => rows[label].push(row));
    return { values, labels: classes, rows };
  };

  let decoded = null;
  playground.digits = () => (decoded ??= playground.decode(playground.DIGITS_DATA));

  // The pixels of some rows, one behind the other.
  playground.pixelsOf = function (rows) {
    const { values } = playground.digits(), size = playground.PIXELS;
    const chosen = new Float64Array(rows.length * size);
    rows.forEach((row, place) => chosen.set(values.subarray(row * size, (row + 1) * size), place * size));
    return chosen;
  };
});
