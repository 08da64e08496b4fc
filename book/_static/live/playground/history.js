// Distances over time: what a loss alone does not tell.
live.define('playground/history', (live) => {
  const playground = (live.playground ??= {});

  playground.LINES = [
    { name: 'different', words: 'distance, different digits', colour: '#D55E00', dash: [7, 3] },
    { name: 'same', words: 'distance, same digit', colour: '#0072B2', dash: [] },
    { name: 'spread', words: 'spread', colour: '#009E73', dash: [2, 3] },
  ];
  const MOST = 600;

  playground.history = function (canvas) {
    const pen = canvas.getContext('2d');
    let looks = [];
    const history = { forget: () => { looks = []; } };

    history.add = function (look) {
      if (looks.length && looks.at(-1).step === look.step) looks.pop();
      looks.push(look);
      if (looks.length > MOST) looks = looks.filter((_, place) => place % 2 === 0);
    };

    history.draw = function () {
      const sharp = Math.min(globalThis.devicePixelRatio || 1, 2);
      const [wide, high] = [canvas.clientWidth || 400, canvas.clientHeight || 130];
      if (canvas.width !== Math.round(wide * sharp) || canvas.height !== Math.round(high * sharp)) {
        [canvas.width, canvas.height] = [Math.round(wide * sharp), Math.round(high * sharp)];
      }
      const text = getComputedStyle(canvas).color;
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      pen.clearRect(0, 0, wide, high);
      const last = Math.max(looks.at(-1)?.step ?? 0, 50);
      const top = Math.max(...looks.map((look) => Math.max(look.different, look.same, look.spread))) || 1;
      const box = { left: 44, right: wide - 8, top: 8, bottom: high - 20 };
      const toX = (step) => box.left + step / last * (box.right - box.left);
      const toY = (value) => box.bottom - value / top * (box.bottom - box.top);
      pen.strokeStyle = pen.fillStyle = text;
      pen.lineWidth = 1;
      pen.setLineDash([]);
      pen.strokeRect(box.left, box.bottom, box.right - box.left, 0);
      pen.strokeRect(box.left, box.top, 0, box.bottom - box.top);
      pen.font = '12px sans-serif';
      pen.textAlign = 'right';
      pen.fillText(playground.short(top), box.left - 4, box.top + 8);
      pen.fillText('0', box.left - 4, box.bottom + 4);
      pen.fillText(`step ${last}`, box.right, high - 4);
      pen.lineWidth = 2;
      for (const { name, colour, dash } of playground.LINES) {
        pen.strokeStyle = colour;
        pen.setLineDash(dash);
        pen.beginPath();
        looks.forEach((look, place) => pen[place ? 'lineTo' : 'moveTo'](toX(look.step), toY(look[name])));
        pen.stroke();
      }
    };
    return history;
  };
});
