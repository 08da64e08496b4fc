// What is too wide for a phone scrolls inside itself; let the keyboard reach it, and only then.
(() => {
  const wide = '.bd-article table, .bd-article pre, .bd-article div.math, .bd-article mjx-container';

  function update() {
    for (const element of document.querySelectorAll(wide)) {
      const scrolls = element.scrollWidth > element.clientWidth + 1
        && getComputedStyle(element).overflowX !== 'visible';
      if (scrolls) element.tabIndex = 0;
      else if (element.tabIndex === 0) element.removeAttribute('tabindex');
    }
  }

  addEventListener('load', update);
  addEventListener('resize', update);
  // Formulas get their width when they have been set; folded parts when they are opened.
  addEventListener('load', () => window.MathJax?.startup?.promise?.then(update));
  addEventListener('toggle', update, true);
})();
