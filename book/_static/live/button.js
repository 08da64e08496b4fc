live.define('button', function (live) {
  live.button = function (parent, words, onClick) {
    const button = make(parent, 'button', { type: 'button' }, words);
    button.addEventListener('click', onClick);
    return button;
  };
});
