// One expression in two engines: a row for each node, its gradient here and in torch.
function render({ model, el }) {
  const { nodes, mistakes } = model.get("data");
  const set = (key, value) => {
    model.set(key, value);
    model.save_changes();
  };
  const text = (value) => JSON.stringify(value).replaceAll(",", ", ");
  const same = (a, b) => text(a) === text(b);
  const shape = (a) => (Array.isArray(a) ? [a.length, ...shape(a[0])] : []);
  const flat = (a) => [a].flat(Infinity);

  const picks = radios("mistake", mistakes.map((one, i) => [i, one.name]),
    (i) => set("mistake", Number(i)));
  const bar = h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "mistake" },
    h("span", {}, "mistake in our engine"), ...picks);
  const rows = h("div", {
    class: "tc-rows", role: "group", "aria-label": "nodes, the result first", onkeydown: walk,
  });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(bar,
    h("p", { class: "tc-pair tc-dim" }, h("span", {}, "gradient, our engine"), h("span"),
      h("span", {}, "gradient, torch")), rows, says);

  function walk(event) {
    const to = step(event, [model.get("node"), 0], nodes.length, () => 1);
    if (to) set("node", to[0]);
  }

  function draw() {
    const held = rows.contains(document.activeElement);
    const { grads } = mistakes[model.get("mistake")];
    check(picks, model.get("mistake"));
    rows.replaceChildren(...nodes.map(({ code, torch, grad }, i) => {
      const on = i === model.get("node");
      const equal = same(grads[i], grad);
      return h("button", {
        type: "button", "aria-pressed": String(on), tabindex: on ? 0 : -1,
        class: equal ? "" : "tc-off", onclick: () => set("node", i),
        "aria-label": `${code}: the gradients ${equal ? "agree" : "differ"}`,
      }, h("span", { class: "tc-pair" }, h("b", {}, code), h("span"), h("i", {}, torch)),
      h("span", { class: "tc-pair" }, h("span", {}, text(grads[i])),
        h("b", {}, equal ? "=" : "≠"), h("span", {}, text(grad))));
    }));
    if (held) rows.querySelector('[aria-pressed="true"]').focus();

    const { code, torch, value, grad } = nodes[model.get("node")];
    const ours = grads[model.get("node")];
    const off = () => {
      if (!same(shape(ours), shape(grad))) return "and the shapes differ";
      const right = flat(grad);
      return `off by up to ${Math.max(...flat(ours).map((x, i) => Math.abs(x - right[i])))}`;
    };
    says.textContent = `${code} (${torch}): both have the value ${text(value)}. ` +
      (same(ours, grad) ? `Both have the gradient ${text(grad)}.`
        : `The engine's gradient is ${text(ours)}, torch's ${text(grad)}: ${off()}.`);
  }
  for (const key of ["mistake", "node"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
