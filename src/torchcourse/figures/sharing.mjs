// Who shares whose bytes: names point into memory, and one strip of memory means that a and b share.
function render({ model, el }) {
  const { sources, ops, written } = model.get("data");
  const set = (changes) => {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  };
  const op = () => ops[model.get("op")];
  const size = (side) => op().hits[side].length;
  const other = (side) => (side === "a" ? "b" : "a");
  const clamp = (cell, side) => Math.min(Math.max(cell, 0), size(side) - 1);
  // The element that we write to, and the one of the other side that the write shows in, or null.
  const now = () => {
    const side = model.get("side");
    const cell = clamp(model.get("cell"), side);
    return { side, cell, seen: op().hits[side][cell] };
  };
  const cross = () => {
    const { side, cell, seen } = now();
    return { side: other(side), cell: clamp(seen ?? cell, other(side)) };
  };
  const of = (side) => (side === "a" ? sources[op().source] : op().b);
  // An element as code: a[2], b[0, 1]; never broken over two lines.
  const name = (side, cell, comma = ",\u00a0") => {
    const [, cols] = of(side).shape;
    return `${side}[${cols ? Math.floor(cell / cols) + comma + (cell % cols) : cell}]`;
  };

  const picks = radios("op", ops.map((o, i) => [i, o.code]), (i) => set({ op: Number(i) }));
  const sides = radios("side", [["a", "a"], ["b", "b"]], (side) => {
    if (side !== model.get("side")) set(cross());
  });
  const list = h("div", { class: "tc-ops", role: "radiogroup", "aria-label": "operation" },
    ...sources.map((source, i) =>
      h("div", { class: "tc-row", role: "group", "aria-label": `a = ${source.code}` },
        h("span", { class: "tc-code tc-dim" }, `a = ${source.code}; b = …`),
        h("span", { class: "tc-chips" }, ...picks.filter((_, k) => ops[k].source === i)))));
  const bar = h("div", { class: "tc-bar", role: "radiogroup", "aria-label": `write ${written} to` },
    h("span", {}, `write ${written} to`), ...sides,
    h("span", { class: "tc-dim" }, "which element: select a name below, or use the arrow keys"));
  const memory = h("div", { class: "tc-memory", onkeydown: walk });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(list, bar, memory, says);

  // The elements of one side in the order of memory, so that an arrow key goes where it points.
  const order = (side) => {
    const { at, values } = of(side);
    return values.map((_, i) => i).sort((i, j) => (at ? at[i] - at[j] : i - j));
  };
  function walk(event) {
    const { side, cell } = now();
    const row = side === "a" ? 0 : 1;
    const to = step(event, [row, order(side).indexOf(cell)], 2, (r) => size("ab"[r]));
    if (to) set(to[0] === row ? { cell: order(side)[to[1]] } : cross());
  }

  const column = (side, cell) => (of(side).at ? of(side).at[cell] / of(side).itemsize : cell);
  function names(side) {
    const { side: writes, cell: target, seen } = now();
    const label = `elements of ${side}`;
    const hit = (cell) =>
      side === writes ? cell === target && "write" : cell === seen && `= ${written}`;
    const line = h("div", { class: `tc-line tc-${side}`, role: "group", "aria-label": label },
      ...order(side).map((cell) => {
        const on = side === writes && cell === target;
        const button = h("button", {
          type: "button", "aria-pressed": String(on), tabindex: on ? 0 : -1,
          class: hit(cell) ? "tc-hit" : "", onclick: () => set({ side, cell }),
        }, h("span", { class: "tc-code" }, name(side, cell, ",")),
          h("small", {}, hit(cell) || ""));
        button.style.gridColumn = column(side, cell) + 1;
        return button;
      }));
    return line;
  }
  // One strip of memory: names of a above, the boxes, their first bytes, names of b below.
  function strip(title, side, above, below) {
    const { at, values } = of(side);
    const { side: writes, cell: target, seen } = now();
    const changed = side === writes ? target : seen;
    const cells = order(side);
    return h("div", { class: "tc-strip" },
      h("p", { class: "tc-dim" }, title),
      above ? names("a") : "",
      h("div", { class: "tc-line tc-boxes" }, ...cells.map((i) =>
        h("span", { class: i === changed ? "tc-box tc-new" : "tc-box" },
          String(i === changed ? written : values[i])))),
      h("div", { class: "tc-line tc-bytes tc-dim" }, ...cells.map((i, k) =>
        h("span", {}, at ? (k ? "" : "byte ") + at[i] : "object"))),
      below ? names("b") : "");
  }

  function draw() {
    const held = memory.contains(document.activeElement);
    const { side, cell, seen } = now();
    const { shares, why, b, code } = op();
    check(picks, model.get("op"));
    check(sides, side);
    const a = sources[op().source];
    memory.replaceChildren(...(shares
      ? [strip(`one storage, which a (${a.kind}) and b (${b.kind}) both use`, "a", true, true)]
      : [strip(`what a (${a.kind}) holds`, "a", true, false),
        strip(`what b (${b.kind}) holds`, "b", false, true)]));
    if (held) memory.querySelector('[aria-pressed="true"]').focus();
    const effect = seen == null ? `changes nothing in ${other(side)}`
      : `also changes ${name(other(side), seen)}`;
    says.textContent =
      `After b = ${code}, ${name(side, cell)} = ${written} ${effect}: ${why}.`;
  }
  for (const key of ["op", "side", "cell"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
