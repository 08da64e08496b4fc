// The list of who is enrolled: picture, name, distance as a bar, and what can be done.
live.define('door/people_list', function (live) {
  const FARTHEST = 1.4;  // the end of the bars; embeddings of length 1 are at most 2 apart

  live.peopleList = function (parent, { onForge, onRemove }) {
    const list = make(parent, 'ul', { class: 'sn-people' });
    let rows = [];

    function row(person) {
      const item = make(list, 'li');
      live.inkPicture(item, person.pixels, `The drawing of ${person.name}`);
      const middle = make(item, 'div', { class: 'sn-person' });
      const line = make(middle, 'div', { class: 'sn-line' });
      make(line, 'span', { class: 'sn-name' }, person.name);
      const number = make(line, 'span', { class: 'sn-distance' });
      const bar = make(middle, 'div', { class: 'sn-bar', 'aria-hidden': 'true' });
      const fill = make(bar, 'div'), tick = make(bar, 'i');
      const forge = make(item, 'button', { type: 'button', 'aria-label': `Forge ${person.name}` }, 'Forge');
      const remove = make(item, 'button', { type: 'button', 'aria-label': `Remove ${person.name}` }, 'Remove');
      forge.addEventListener('click', () => onForge(person));
      remove.addEventListener('click', () => onRemove(person));
      return { item, number, fill, tick, forge };
    }

    return {
      set(people) {
        list.replaceChildren();
        rows = people.map(row);
      },
      // `answer` is that of live.gallery.recognise, or null where nothing is drawn.
      show(answer, threshold, target) {
        rows.forEach(({ item, number, fill, tick, forge }, index) => {
          const distance = answer ? answer.distances[index] : null;
          const nearest = answer !== null && answer.nearest === index;
          item.className = nearest ? (answer.known ? 'sn-nearest sn-let-in' : 'sn-nearest') : '';
          number.textContent = distance === null ? '' : distance.toFixed(2);
          if (nearest) item.setAttribute('aria-current', 'true'); else item.removeAttribute('aria-current');
          fill.style.width = `${distance === null ? 0 : 100 * Math.min(1, distance / FARTHEST)}%`;
          tick.style.left = `${100 * Math.min(1, threshold / FARTHEST)}%`;
          forge.setAttribute('aria-pressed', String(index === target));
        });
      },
    };
  };
});
