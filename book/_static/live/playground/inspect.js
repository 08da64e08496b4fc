// Point at a mark, or tap it, and see the picture that it stands for.
live.define('playground/inspect', (live) => {
  const playground = (live.playground ??= {});
  const NEAR = 14;  // pixels of the page

  // `seen()` gives the run and the plot of the moment.
  playground.inspect = function (canvas, card, seen) {
    function look(event) {
      const frame = canvas.getBoundingClientRect(), { run, plot } = seen();
      let best = null, smallest = NEAR;
      for (const { i, x, y } of plot.spots) {
        const away = Math.hypot(event.clientX - frame.left - x * frame.width, event.clientY - frame.top - y * frame.height);
        if (away <= smallest) [best, smallest] = [i, away];  // of equals the last, which lies on top
      }
      card.hidden = best === null;
      if (best === null) return;
      const unseen = best >= run.nLearned;
      card.replaceChildren(playground.picture(run.drawn[best]));
      make(card, 'span', {}, `a ${run.drawnLabels[best]}, ${unseen ? 'never seen' : 'learned from'}`);
    }
    canvas.addEventListener('pointermove', look);
    canvas.addEventListener('pointerdown', look);
    canvas.addEventListener('pointerleave', () => { card.hidden = true; });
  };
});
