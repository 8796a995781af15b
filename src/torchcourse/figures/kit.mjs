// Shared by all figures; Python puts this text in front of each figure's own module.

// An element: h("button", { class: "x", onclick: f, "aria-pressed": "true" }, "text", child …)
function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Prepares the figure's element. Notebooks have shortcuts on the arrow keys and on letters: a key
// pressed inside the figure is the figure's, but chords such as Ctrl+S stay the notebook's.
function open(el, model) {
  el.classList.add("tc-figure");
  el.setAttribute("role", "figure");
  if (model.get("alt")) el.setAttribute("aria-label", model.get("alt"));
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
  return el;
}

// A group of native radio buttons, drawn as chips; options are [value, text] pairs.
let groups = 0;
function radios(name, options, pick) {
  const group = `${name}-${(groups += 1)}-${Math.random().toString(36).slice(2)}`;
  return options.map(([value, text]) =>
    h("label", { class: "tc-chip" },
      h("input", { type: "radio", name: group, value, onchange: () => pick(value) }), text));
}

function check(labels, value) {
  for (const label of labels) {
    const input = label.firstChild;
    input.checked = input.value === String(value);
    label.classList.toggle("tc-on", input.checked);
  }
}

// Where an arrow key (or Home, End) leads from `at` in a table with `rows` rows and `cols(row)`
// columns; null for every other key, which keeps its meaning.
const STEPS = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
  Home: [0, -Infinity], End: [0, Infinity],
};
function step(event, [row, col], rows, cols) {
  const by = STEPS[event.key];
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return null;
  event.preventDefault();
  const within = (x, n) => Math.min(Math.max(x, 0), n - 1);
  const to = within(row + by[0], rows);
  return [to, within(col + by[1], cols(to))];
}
