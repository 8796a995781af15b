// Broadcasting: two shapes aligned at the right, the result or the reason, and what is repeated.
function render({ model, el }) {
  const { shapes, units, pairs, messages } = model.get("data");
  const go = (key) => (value) => {
    model.set(key, Number(value));
    model.save_changes();
  };
  const own = () => ["left", "right"].map((key) => shapes[model.get(key)]);
  const pair = () => pairs[model.get("left")][model.get("right")];
  const text = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const count = (shape) => shape.reduce((n, size) => n * size, 1);
  const index = (flat, shape) => shape.map((size, axis) =>
    Math.floor(flat / count(shape.slice(axis + 1))) % size);
  const name = (who, flat, shape) => who + (shape.length ? `[${index(flat, shape).join(", ")}]` : "");
  // Which element of an operand with these strides stands at `flat` of the result.
  const read = (flat, shape, strides) =>
    index(flat, shape).reduce((sum, i, axis) => sum + i * strides[axis], 0);
  const at = () => Math.min(Math.max(model.get("at"), 0), count(pair()[0]) - 1);

  const options = shapes.map((shape, i) => [i, text(shape)]);
  const picks = ["left", "right"].map((key) => radios(key, options, go(key)));
  const bars = picks.map((labels, k) =>
    h("div", { class: "tc-bar", role: "radiogroup", "aria-label": `shape of ${"ab"[k]}` },
      h("span", {}, `shape of ${"ab"[k]}`), ...labels));
  const aligned = h("div", {});
  const panels = h("div", { class: "tc-panels" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(...bars, aligned, panels, says);

  // The aligned table: a column for each axis, counted from the right; a missing size is a 1.
  function align() {
    const [a, b] = own();
    const fit = pair();
    const fits = fit.length === 3;
    const axes = [...Array(Math.max(a.length, b.length)).keys()].map((i, _, all) => i - all.length);
    if (!axes.length) return h("p", { class: "tc-dim" }, "no axes to align: one number and one number");
    const size = (shape, axis) => shape[shape.length + axis];
    const sizes = (shape) => (axis) => h("td", {}, size(shape, axis) ?? "missing, so 1");
    const verdict = (axis) => {
      const [x, y] = [a, b].map((shape) => size(shape, axis) ?? 1);
      if (x === y) return "equal";
      if (x === 1) return `a repeats, ${y} times`;
      if (y === 1) return `b repeats, ${x} times`;
      return "does not fit";
    };
    const row = (head, cells) => h("tr", {}, h("th", { scope: "row" }, head), ...cells);
    return h("table", { class: fits ? "" : "tc-refused" },
      h("tr", {}, h("th", { scope: "col" }, "axis"),
        ...axes.map((axis) => h("th", { scope: "col" }, String(axis)))),
      row(`a ${text(a)}`, axes.map(sizes(a))), row(`b ${text(b)}`, axes.map(sizes(b))),
      row("sizes", axes.map((axis) => {
        const said = verdict(axis);
        return h("td", { class: said === "does not fit" ? "tc-no" : "" }, said);
      })),
      row("a + b", fits ? axes.map(sizes(fit[0]))
        : [h("td", { class: "tc-no", colspan: axes.length }, "no result")]));
  }

  // One block of numbers, the last axis across; `cell` makes each box.
  function block(title, shape, role, cell) {
    const cols = shape.at(-1) ?? 1;
    const rows = count(shape) / cols;
    const grid = h("div", { role, "aria-label": title, onkeydown(event) {
      if (role !== "grid") return;
      const to = step(event, [Math.floor(at() / cols), at() % cols], rows, () => cols);
      if (to) go("at")(to[0] * cols + to[1]);
    } }, ...[...Array(rows).keys()].map((r) => h("div", {
      role: role === "grid" && "row",
      class: r && shape.length > 2 && r % shape.at(-2) === 0 ? "tc-row tc-gap" : "tc-row",
    }, ...[...Array(cols).keys()].map((c) => cell(r * cols + c)))));
    grid.style.setProperty("--cols", cols);
    return h("div", { class: "tc-panel" }, h("p", { class: "tc-dim" }, title), grid);
  }
  function operand(k, shape, strides) {
    const mine = own()[k];
    const seen = new Set();
    const there = read(at(), shape, strides);
    const title = `${"ab"[k]} ${text(mine)}` + (count(shape) === count(mine) ? ""
      : ` as ${text(shape)}; dashed: repeated`);
    return block(title, shape, "img", (flat) => {
      const from = read(flat, shape, strides);
      const again = seen.has(from);
      seen.add(from);
      return h("span", {
        class: `tc-n tc-${"ab"[k]}${again ? " tc-again" : ""}${from === there ? " tc-same" : ""}`,
      }, String((from + 1) * units[k]));
    });
  }
  const plain = (k) => {
    const shape = own()[k];
    return block(`${"ab"[k]} ${text(shape)}`, shape, "img", (flat) =>
      h("span", { class: `tc-n tc-${"ab"[k]}` }, String((flat + 1) * units[k])));
  };

  function draw() {
    const held = panels.contains(document.activeElement);
    const [a, b] = own();
    const fit = pair();
    picks.forEach((labels, k) => check(labels, model.get(["left", "right"][k])));
    aligned.replaceChildren(align());
    if (fit.length === 2) {
      const [axis, message] = fit;
      panels.replaceChildren(plain(0), plain(1));
      const [x, y] = [a, b].map((shape) => shape[shape.length + axis]);
      says.textContent = `a ${text(a)} + b ${text(b)} fails: at axis ${axis}, ${x} meets ${y}, ` +
        `and neither is 1. torch says: ${messages[message]}.`;
      return;
    }
    const [shape, ...strides] = fit;
    const flats = strides.map((steps) => read(at(), shape, steps));
    const sum = (flat) =>
      strides.reduce((s, steps, k) => s + (read(flat, shape, steps) + 1) * units[k], 0);
    panels.replaceChildren(...strides.map((steps, k) => operand(k, shape, steps)),
      block(`a + b ${text(shape)}; select an element`, shape, "grid", (flat) => h("span", {
        role: "gridcell", tabindex: flat === at() ? 0 : -1, "aria-selected": String(flat === at()),
        class: "tc-n", onclick: () => go("at")(flat),
      }, String(sum(flat)))));
    if (held) panels.querySelector('[aria-selected="true"]').focus();
    const parts = flats.map((flat, k) => {
      const times = count(shape) / count(own()[k]);
      return `${name("ab"[k], flat, own()[k])} = ${(flat + 1) * units[k]}, ` +
        `used ${times === 1 ? "once" : `${times} times`}`;
    });
    const element = shape.length ? `Element ${name("", at(), shape)}` : "The element";
    says.textContent = `a ${text(a)} + b ${text(b)} → ${text(shape)}. ` +
      `${element} is ${sum(at())}: ${parts.join("; ")}.`;
  }
  for (const key of ["left", "right", "at"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
