// The people at the door: who is nearest to an embedding, and the file that keeps them.
live.define('door/gallery', function (live) {
  const FILE = 'people of the door that you can draw on';
  const MOST_PEOPLE = 40, LONGEST_NAME = 30, MOST_POINTS = 20000;

  function distance(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
    return Math.sqrt(sum);
  }

  // The distance to each person, the number of the nearest, and whether that is near enough.
  function recognise(embedding, people, threshold) {
    const distances = people.map((person) => distance(embedding, person.embedding));
    const nearest = distances.length ? distances.indexOf(Math.min(...distances)) : null;
    return { distances, nearest, known: nearest !== null && distances[nearest] <= threshold };
  }

  const cleanName = (name) => name.replace(/\s+/g, ' ').trim().slice(0, LONGEST_NAME);

  // Who may be enrolled; what is in the way is an error in words.
  function check(name, strokes, people) {
    if (!cleanName(name)) throw new Error('Give the drawing a name first.');
    if (!strokes.length) throw new Error('Draw something first.');
    const same = (person) => person.name.toLowerCase() === cleanName(name).toLowerCase();
    if (people.some(same)) throw new Error(`${cleanName(name)} is enrolled already. Take another name, or remove the other one first.`);
    if (people.length >= MOST_PEOPLE) throw new Error(`The list is full (${MOST_PEOPLE}). Remove somebody first.`);
  }

  // Drawings are kept, not embeddings: another network can read them.
  function write(people) {
    const kept = people.map(({ name, strokes }) => ({ name, strokes }));
    return JSON.stringify({ file: FILE, version: 1, people: kept });
  }

  const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
  const isStroke = (stroke) => Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint);

  function read(text) {
    let stored;
    try { stored = JSON.parse(text); } catch { throw new Error('This file is not one that was saved here (no JSON).'); }
    if (stored?.file !== FILE || !Array.isArray(stored.people)) throw new Error('This file is not one that was saved here.');
    if (stored.version !== 1) throw new Error(`This page reads version 1 of the file, not ${stored.version}.`);
    if (stored.people.length > MOST_PEOPLE) throw new Error(`The file holds more than ${MOST_PEOPLE} people.`);
    return stored.people.map((person, number) => {
      const { name, strokes } = person || {};
      if (typeof name !== 'string' || !cleanName(name)) throw new Error(`Person ${number + 1} of the file has no name.`);
      const whole = Array.isArray(strokes) && strokes.length > 0 && strokes.every(isStroke);
      if (!whole || strokes.flat().length > MOST_POINTS) throw new Error(`The drawing of ${cleanName(name)} is damaged.`);
      return { name: cleanName(name), strokes };
    });
  }

  live.gallery = { distance, recognise, check, cleanName, write, read };
});
