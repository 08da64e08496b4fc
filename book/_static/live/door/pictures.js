// Small pictures: what the network sees, and the embedding that it makes of it.
live.define('door/pictures', function (live) {
  function canvasOf(parent, width, height, label, colour) {
    const canvas = make(parent, 'canvas', { width, height, role: 'img', 'aria-label': label });
    const paper = canvas.getContext('2d'), image = paper.createImageData(width, height);
    for (let i = 0; i < width * height; i++) image.data.set([...colour(i), 255], 4 * i);
    paper.putImageData(image, 0, 0);
    return canvas;
  }

  // Pixels between 0 and 1, ink high, as ink on paper.
  live.inkPicture = (parent, pixels, label) => {
    const side = Math.sqrt(pixels.length);
    return canvasOf(parent, side, side, label, (i) => Array(3).fill(255 * (1 - pixels[i])));
  };

  // One cell for each number: blue below zero, orange above, white at zero.
  const BLUE = [0, 114, 178], ORANGE = [213, 94, 0], STRONGEST = 0.25;
  live.embeddingPicture = (parent, embedding, label) =>
    canvasOf(parent, 16, embedding.length / 16, label, (i) => {
      const strength = Math.min(1, Math.abs(embedding[i]) / STRONGEST);
      return (embedding[i] < 0 ? BLUE : ORANGE).map((full) => 255 + strength * (full - 255));
    });
});
