// What the scripts of all figures share; it stands before each of them.
const SVG = 'http://www.w3.org/2000/svg';

function make(parent, tag, attributes, text) {
  const element = parent instanceof SVGElement || tag === 'svg'
    ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

// One drawing of a sheet that holds `columns` by `rows` of them.
function drawing(parent, number, pixels, { sheet, columns, rows }) {
  const column = number % columns, row = Math.floor(number / columns);
  return make(parent, 'div', { class: 'sn-drawing', 'aria-hidden': 'true', style:
    `width:${pixels}px;height:${pixels}px;background-image:url(${sheet});` +
    `background-size:${pixels * columns}px ${pixels * rows}px;` +
    `background-position:${-column * pixels}px ${-row * pixels}px` });
}
