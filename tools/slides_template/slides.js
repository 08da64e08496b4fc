// Starts the deck. A slide is fitted to the stage when it is shown: its figures grow into the room that is
// left, and a slide that is still too tall is made smaller.
(function () {
  "use strict";
  var WIDTH = 1200, HEIGHT = 760, LARGEST = 1.9, SMALLEST = 0.6;

  // Figures to play with are zoomed, pictures get a width.
  function resize(figures, factor) {
    figures.forEach(function (figure) {
      if (figure.tagName === "IMG") { figure.style.width = figure.naturalWidth * factor + "px"; }
      else { figure.style.zoom = Math.min(factor, 1.4); }
    });
  }

  function fit(slide) {
    if (!slide || slide.querySelector(":scope > section")) { return; }
    var box = slide.querySelector(":scope > .fit");
    if (!box) {
      box = document.createElement("div");
      box.className = "fit";
      while (slide.firstChild) { box.appendChild(slide.firstChild); }
      slide.appendChild(box);
    }
    box.style.zoom = 1;
    var figures = Array.from(box.querySelectorAll(".jp-RenderedImage img, .sn-figure"));
    if (figures.length) {
      resize(figures, 1);
      var high = figures.reduce(function (sum, figure) { return sum + figure.offsetHeight; }, 0);
      var wide = Math.max.apply(null, figures.map(function (figure) { return figure.naturalWidth || 1; }));
      var room = 1 + (HEIGHT - 20 - box.scrollHeight) / high;
      resize(figures, Math.max(SMALLEST, Math.min(LARGEST, 1160 / wide, room)));
    }
    var tall = box.scrollHeight / HEIGHT;
    // Smaller text needs fewer lines, so a few rounds come closer than one.
    for (var round = 0, zoom = 1; round < 5 && tall > 1; round += 1) {
      zoom = Math.max(0.4, zoom / Math.sqrt(tall));
      box.style.zoom = zoom;
      tall = box.getBoundingClientRect().height / (slide.getBoundingClientRect().width / WIDTH) / HEIGHT;
    }
    slide.setAttribute("data-zoom", String(box.style.zoom));
  }

  window.fitSlide = fit;
  function start() {
    Reveal.initialize({
      width: WIDTH, height: HEIGHT, margin: 0.03, controls: true, progress: true, hash: true,
      center: false, transition: "none", slideNumber: "c/t", plugins: [window.RevealNotes].filter(Boolean),
      // In a figure to play with, arrows and letters are the figure's.
      keyboardCondition: function (event) { return !event.target.closest(".sn-figure"); }
    }).then(function () {
      fit(Reveal.getCurrentSlide());
      Reveal.on("slidechanged", function (event) { fit(event.currentSlide); });
      document.body.setAttribute("data-ready", "true");
    });
  }
  MathJax.startup.promise.then(function () { return MathJax.typesetPromise(); }).then(start, start);
}());
