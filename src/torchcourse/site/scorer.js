// How Sphinx's search orders its results; the numbers are its own defaults. A chapter explains,
// exercises and solutions use: where a word stands in all three, the chapter comes first.
// A result also says which section or term of its page it leads to, from the index alone.
const placesOf = (index) => {
  const places = new Map();
  const add = (name, file, id) => {
    const place = `${index.docnames[file]}#${id}`;
    if (id && name.length > (places.get(place) ?? "").length) places.set(place, name);
  };
  for (const [title, found] of Object.entries(index.alltitles)) {
    for (const [file, id] of found) add(title, file, id);
  }
  for (const [term, found] of Object.entries(index.indexentries)) {
    for (const [file, id] of found) if (id.startsWith("term-")) add(term, file, id);
  }
  return places;
};
// Sphinx writes both into the page as HTML, and an error message has signs that HTML has, too.
const escaped = (text) => text.replace(/[&<]/g, (sign) => `&#${sign.charCodeAt()};`);
let places;
var Scorer = {
  score: (result) => {
    const [page, title, anchor, , score] = result;
    places ??= placesOf(Search._index);
    const place = places.get(page + anchor);
    result[1] = escaped(title);
    if (place && !title.endsWith(place)) result[3] = escaped(place);
    return score - (page.startsWith("solutions/") ? 4 : page.startsWith("exercises/") ? 3 : page.startsWith("chapters/") ? 0 : 1);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
