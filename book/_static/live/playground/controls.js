// Labelled controls made from the list of fields, and the buttons.
live.define('playground/controls', (live) => {
  const playground = (live.playground ??= {});

  // A label and the control that it names.
  let last = 0;
  playground.labelled = function (parent, label, tag, attributes) {
    const box = make(parent, 'div', { class: 'sn-choice' }), id = `sn-choice-${++last}`;
    make(box, 'label', { for: id }, label);
    return { box, input: make(box, tag, { id, ...attributes }) };
  };

  playground.choice = function (parent, label, values, onChange) {
    const { box, input: select } = playground.labelled(parent, label, 'select');
    for (const { value, words } of values) make(select, 'option', { value }, words);
    select.addEventListener('change', () => onChange(select.value));
    return { box, input: select };
  };

  function number(parent, { label, least, most }, onChange) {
    const { box, input } = playground.labelled(parent, label, 'input',
      { type: 'number', min: least, max: most, step: 1, inputmode: 'numeric' });
    input.addEventListener('change', () => onChange(input.value));
    return { box, input };
  }

  // `onChange(field, value)` hears of values that are allowed; others are put back.
  playground.controls = function (parent, onChange) {
    const shown = {}, controls = {};
    let settings = null;
    for (const field of playground.FIELDS) {
      const heard = (text) => {
        const value = playground.allowed(field.name, text);
        if (value === undefined) controls.show(settings);
        else onChange(field, value);
      };
      shown[field.name] = field.values
        ? playground.choice(parent, field.label, field.values, heard) : number(parent, field, heard);
      shown[field.name].input.name = field.name;
    }
    controls.show = function (now) {
      settings = now;
      for (const { name, of } of playground.FIELDS) {
        shown[name].input.value = now[name];
        shown[name].box.hidden = Boolean(of && !of.includes(now.loss));
      }
    };
    return controls;
  };

  // Shows the address of the setting; a field to copy from, where there is no clipboard.
  playground.address = function (parent) {
    const line = make(parent, 'div', { class: 'sn-address' });
    const { input: field } = playground.labelled(line, 'Address of this setting', 'input', { type: 'text', readonly: '' });
    const button = live.button(line, 'Copy', async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Selected';  // the reader's own keys copy it
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    return (hash) => { field.value = location.href.split('#')[0] + hash; };
  };
});
