// A view of one storage: where its elements lie, and whether it can be viewed in another shape.
function render({ model, el }) {
  const { source, size, layouts } = model.get("data");
  const set = (changes) => {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  };
  const layout = () => layouts[model.get("layout")];
  const within = (x, n) => Math.min(Math.max(x, 0), n - 1);
  const cell = () => within(model.get("cell"), layout().places.length);
  // The form in which the elements are shown: t itself, or a view that is asked for.
  const form = () => {
    const asked = layout().views[model.get("view") - 1];
    return asked ? { ...asked, asked: true } : { ...layout(), works: true };
  };
  const tuple = (list) => `(${list.join(", ")}${list.length === 1 ? "," : ""})`;
  const call = (shape) => `t.view(${shape.join(", ")})`;
  const index = (flat, shape) => {
    const out = [];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      out.unshift(flat % shape[axis]);
      flat = Math.floor(flat / shape[axis]);
    }
    return out;
  };
  // Where offset and stride lead: the sum as text, and its value.
  const sum = (flat) => {
    const { shape, stride } = form();
    const at = index(flat, shape);
    return {
      text: [layout().offset, ...at.map((i, axis) => `${i}·${stride[axis]}`)].join(" + "),
      place: at.reduce((place, i, axis) => place + i * stride[axis], layout().offset),
    };
  };

  const picks = radios("layout", layouts.map((one, i) => [i, one.code]),
    (i) => set({ view: 0, layout: Number(i) }));
  const list = h("div", { class: "tc-layouts tc-chips", role: "radiogroup", "aria-label": "t" },
    h("span", { class: "tc-code" }, "t ="), ...picks);
  const facts = h("p", { class: "tc-facts" });
  const bar = h("div", { class: "tc-bar tc-views", role: "radiogroup", "aria-label": "shown as" });
  const grid = h("div", {
    class: "tc-tensor", role: "group", "aria-label": "elements", onkeydown: walk,
  });
  const strip = h("div", { class: "tc-strip12", role: "group", "aria-label": "places in storage" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(
    h("p", { class: "tc-code tc-dim" }, source), list, facts, bar, grid,
    h("p", { class: "tc-dim tc-under" },
      "the storage, from place 0 to place 11; ×2: read by two elements of t"),
    strip, says);

  function walk(event) {
    const { shape } = form();
    const cols = shape[shape.length - 1];
    const at = [Math.floor(cell() / cols), cell() % cols];
    const to = step(event, at, layout().places.length / cols, () => cols);
    if (to) set({ cell: to[0] * cols + to[1] });
  }

  let views = [];
  let drawn = null;
  function choices() {
    if (drawn === layout()) return;
    drawn = layout();
    const shapes = layout().views.map((view, i) => [i + 1, call(view.shape)]);
    views = radios("view", [[0, "t"], ...shapes], (i) => set({ view: Number(i) }));
    bar.replaceChildren(h("span", {}, "shown as"), ...views);
  }

  function draw() {
    const held = grid.contains(document.activeElement);
    const { code, shape: own, stride: steps, offset, places } = layout();
    const { shape, stride, works, asked } = form();
    const on = cell();
    choices();
    check(picks, model.get("layout"));
    check(views, model.get("view"));
    facts.textContent =
      `t = ${code}: shape ${tuple(own)}, stride ${tuple(steps)}, offset ${offset}`;

    const button = (place, flat) => h("button", {
      type: "button", "aria-pressed": String(flat === on), tabindex: flat === on ? 0 : -1,
      "aria-label": `[${index(flat, shape).join(", ")}]: place ${place}`,
      class: sum(flat).place === place ? "" : "tc-off", onclick: () => set({ cell: flat }),
    }, String(place));
    const cols = shape[shape.length - 1];
    const rows = shape.length > 1 ? shape[shape.length - 2] : 1;
    const blocks = [];
    for (let start = 0; start < places.length; start += rows * cols) {
      const block = h("div", { class: "tc-block" },
        ...places.slice(start, start + rows * cols).map((place, i) => button(place, start + i)));
      block.style.setProperty("--cols", cols);
      blocks.push(block);
    }
    grid.replaceChildren(...blocks);
    if (held) grid.querySelector('[aria-pressed="true"]').focus();

    strip.replaceChildren(...Array.from({ length: size }, (_, place) => {
      const reads = places.filter((one) => one === place).length;
      const kind = place === places[on] ? "tc-lit tc-now" : reads ? "tc-lit" : "";
      return h("span", { class: kind }, String(place),
        h("small", {}, reads > 1 ? `×${reads}` : ""));
    }));

    const name = `[${index(on, shape).join(", ")}]`;
    const { text, place } = sum(on);
    const shared = places.filter((one) => one === places[on]).length;
    if (!asked) {
      says.textContent = `t${name} lies at place ${text} = ${place}.` +
        (shared > 1 ? ` ${shared} elements of t lie there.` : "");
    } else if (works) {
      says.textContent = `${call(shape)} works, with stride ${tuple(stride)}: ` +
        `${name} lies at place ${text} = ${place}.`;
    } else {
      says.textContent = `${call(shape)} is refused. Equal steps would put ${name} ` +
        `at place ${text} = ${place}${place === places[on]
          ? ", where it lies; look at the crossed-out ones."
          : `, and this element of t lies at ${places[on]}.`}`;
    }
  }
  for (const key of ["layout", "view", "cell"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
