// How Sphinx's search orders its results; the numbers are its own defaults. A chapter explains,
// exercises and solutions use: where a word stands in all three, the chapter comes first.
var Scorer = {
  score: ([page, , , , score]) =>
    score - (page.startsWith("solutions/") ? 4 : page.startsWith("exercises/") ? 3 : page.startsWith("chapters/") ? 0 : 1),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
