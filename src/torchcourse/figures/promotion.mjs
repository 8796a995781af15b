// dtype promotion: a table of the result's dtype, left operand by right operand.
function render({ model, el }) {
  const { modes, left, short, category, categories, reasons } = model.get("data");
  const mode = () => modes[model.get("mode")];
  const at = () => [model.get("row"), model.get("col")]
    .map((x, i) => Math.min(Math.max(x, 0), [left, mode().right][i].length - 1));
  const go = ([row, col]) => {
    model.set("row", row);
    model.set("col", col);
    model.save_changes();
  };
  // A dtype in full where there is room, and short where there is not; numbers stay as they are.
  const dtype = (name) => [
    h("span", { class: "tc-long" }, name), h("span", { class: "tc-short" }, short[name] ?? name)];

  const picks = radios("mode", modes.map((m, i) => [i, m.label]), (i) => {
    model.set("mode", Number(i));
    model.save_changes();
  });
  const bar = h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "right operand" },
    h("span", {}, "right operand"), ...picks);
  const key = h("p", { class: "tc-bar" }, h("span", {}, "categories, low to high"),
    ...categories.flatMap((name, i) => [
      i ? h("span", { "aria-hidden": "true" }, "<") : "",
      h("span", { class: `tc-key tc-cat${i}` }, name)]));
  const grid = h("div", {
    class: "tc-grid", role: "grid", "aria-label": "dtype of left + right", onkeydown(event) {
      const to = step(event, at(), left.length, () => mode().right.length);
      if (to) go(to);
    },
  });
  const note = h("p", { class: "tc-dim tc-note" },
    "rows: left operand, a 1-D tensor · columns: right operand · " +
    "cells: dtype of left + right, underlined where neither operand has it");
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(bar, key, grid, note, says);

  function draw() {
    const held = grid.contains(document.activeElement);
    const [row, col] = at();
    const { right, own, cells, says: words } = mode();
    check(picks, model.get("mode"));
    grid.style.setProperty("--cols", right.length);
    grid.classList.toggle("tc-few", right.length < 5);
    grid.replaceChildren(
      h("div", { role: "row" },
        h("span", { role: "columnheader" }, "+"),
        ...right.map((name, j) =>
          h("span", { role: "columnheader", class: j === col ? "tc-on" : "" }, ...dtype(name)))),
      ...left.map((name, i) => h("div", { role: "row" },
        h("span", { role: "rowheader", class: i === row ? "tc-on" : "" }, ...dtype(name)),
        ...cells[i].map(([result], j) => h("span", {
          role: "gridcell", tabindex: i === row && j === col ? 0 : -1,
          "aria-selected": String(i === row && j === col), "aria-label": result,
          class: `tc-cat${category[result]}${[name, own[j]].includes(result) ? "" : " tc-rare"}`,
          onclick: () => go([i, j]),
        }, ...dtype(result))))));
    if (held) grid.querySelector('[aria-selected="true"]').focus();
    const [result, why] = cells[row][col];
    says.textContent = `${left[row]} tensor + ${words[col]} → ${result}: ${reasons[why]}.`;
  }
  for (const name of ["mode", "row", "col"]) model.on(`change:${name}`, draw);
  draw();
}
export default { render };
