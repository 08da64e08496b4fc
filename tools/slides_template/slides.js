// Starts the deck, and makes a slide that is taller than the stage as small as it has to be.
(function () {
  "use strict";
  var WIDTH = 1200, HEIGHT = 760;

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
      center: false, transition: "none", slideNumber: "c/t", plugins: [window.RevealNotes].filter(Boolean)
    }).then(function () {
      fit(Reveal.getCurrentSlide());
      Reveal.on("slidechanged", function (event) { fit(event.currentSlide); });
      document.body.setAttribute("data-ready", "true");
    });
  }
  MathJax.startup.promise.then(function () { return MathJax.typesetPromise(); }).then(start, start);
}());
