// A graph and slopes that walk it: each press takes one edge, from x to y or from y to x.
const AT = { // centers of the nodes, in a drawing of 344 by 412
  x: [172, 24], a: [58, 124], c: [172, 124], e: [286, 124], b: [58, 212], d: [112, 300], y: [192, 388],
};
const BOX = [54, 20]; // half a node
// Where an edge's label stands: part of the way, and the side of the line.
const LABEL = [[0.5, "end"], [0.5, "start"], [0.45, "middle"], [0.6, "end"], [0.45, "start"],
  [0.5, "start"], [0.5, "start"], [0.5, "start"]];
function render({ model, el }) {
  const { nodes, edges, walks, starts, points } = model.get("data");
  const set = (key, value) => {
    model.set(key, value);
    model.save_changes();
  };
  const walk = () => model.get("walk");
  const order = () => walks[walk()];
  const done = () => Math.min(Math.max(model.get("done"), 0), edges.length);
  const ends = (n) => (walk() === "forward" ? edges[n].slice(0, 2) : [edges[n][1], edges[n][0]]);
  const to = (n) => ends(n)[1];
  // The slope of a node after `steps` edges: its sum, how many contributions it has, and needs.
  function slope(node, steps) {
    const into = order().filter((n) => to(n) === node);
    const seen = order().slice(0, steps).filter((n) => to(n) === node);
    const last = order().indexOf(seen.at(-1));
    const sum = node === starts[walk()] ? "1" : seen.length ? points[model.get("point")][walk()][last][1] : "";
    return { sum, seen: seen.length, needs: into.length };
  }
  const name = (node) => (walk() === "forward" ? `d${node}/dx` : `dy/d${node}`);

  const directions = radios("walk", [["forward", "forward"], ["backward", "backward"]], (value) => {
    model.set("done", 0);
    set("walk", value);
  });
  const places = radios("point", points.map((p, i) => [i, `x = ${p.values.x}`]),
    (i) => set("point", Number(i)));
  const go = (by) => set("done", Math.min(Math.max(done() + by, 0), edges.length));
  const button = (text, by) => h("button", { type: "button", onclick: () => go(by) }, text);
  const [back, next] = [button("← back", -1), button("next edge →", 1)];
  const keys = h("div", {
    class: "tc-bar tc-press", role: "group", "aria-label": "one edge", onkeydown(event) {
      const move = step(event, [0, done()], 1, () => edges.length + 1);
      if (move) set("done", move[1]);
    },
  }, back, next, h("span", { class: "tc-dim" }, "or the arrow keys"));
  const graph = h("div", { class: "tc-walk" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(
    h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "direction" }, ...directions),
    h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "where" }, ...places),
    keys, graph, says);

  // From box to box along the line of centers.
  function line(from, target) {
    const [[x1, y1], [x2, y2]] = [AT[from], AT[target]];
    const [dx, dy] = [x2 - x1, y2 - y1];
    const t = Math.min(BOX[0] / Math.abs(dx || 1e-9), BOX[1] / Math.abs(dy));
    return [x1 + t * dx, y1 + t * dy, x2 - t * dx, y2 - t * dy];
  }
  function edge([start, end, formula], n) {
    const taken = order().indexOf(n);
    const kind = taken === done() - 1 ? "tc-now" : taken < done() ? "tc-was" : "";
    const [x1, y1, x2, y2] = line(...ends(n));
    const long = Math.hypot(x2 - x1, y2 - y1);
    const [ux, uy] = [(x2 - x1) / long, (y2 - y1) / long];
    const side = (s) => `${x2 - 9 * ux - s * uy} ${y2 - 9 * uy + s * ux}`;
    const [part, anchor] = LABEL[n];
    const [a, b, c, d] = line(start, end);
    const shift = { start: 7, end: -7, middle: 0 }[anchor];
    const number = formula !== "1" && (kind || walk() === "backward")
      ? ` = ${points[model.get("point")].local[n]}` : "";
    return [`<g class="${kind}" data-edge="${start}${end}"><path class="tc-edge" d="M${x1} ${y1}L${x2} ${y2}"/>${
      kind ? `<path class="tc-head" d="M${x2} ${y2}L${side(4.5)} ${side(-4.5)}z"/>` : ""}</g>`,
    `<text class="tc-local ${kind}" text-anchor="${anchor}" x="${a + part * (c - a) + shift}" y="${
      b + part * (d - b) + 4}">${formula}${number}</text>`];
  }
  function node([id, formula]) {
    const [x, y] = AT[id];
    const { sum, seen, needs } = slope(id, done());
    const known = walk() === "backward" || seen === needs;
    const value = known ? ` = ${points[model.get("point")].values[id]}` : "";
    const text = !sum ? "–" : seen === needs ? `${name(id)} = ${sum}` : `${sum} so far`;
    const full = sum && seen === needs ? "tc-full" : "";
    return `<g class="${full}" data-node="${id}"><rect x="${x - BOX[0]}" y="${y - BOX[1]}" width="108" height="40" rx="5"/>
      <text x="${x}" y="${y - 5}" text-anchor="middle">${id}${formula && ` = ${formula}`}${value}</text>
      <text class="tc-slope" x="${x}" y="${y + 12}" text-anchor="middle">${text}</text></g>`;
  }
  function sentence() {
    const at = `${walk() === "forward" ? "Forward" : "Backward"} at x = ${points[model.get("point")].values.x}`;
    const first = starts[walk()];
    if (!done()) return `${at}, before the first edge: ${first} starts with ${name(first)} = 1.`;
    const n = order()[done() - 1];
    const [source, target] = ends(n);
    const [added] = points[model.get("point")][walk()][done() - 1];
    const { sum, seen, needs } = slope(target, done());
    const end = seen === needs ? `so ${name(target)} = ${sum}`
      : `which has ${seen} of its ${needs} contributions, ${sum} so far`;
    return `${at}, edge ${done()} of ${edges.length}: ${source} hands ${slope(source, done() - 1).sum} × ` +
      `${points[model.get("point")].local[n]} = ${added} to ${target}, ${end}.`;
  }
  function draw() {
    check(directions, walk());
    check(places, model.get("point"));
    back.setAttribute("aria-disabled", String(!done()));
    next.setAttribute("aria-disabled", String(done() === edges.length));
    const drawn = edges.map(edge);
    graph.innerHTML = `<svg viewBox="0 0 344 412" class="tc-${walk()}" aria-hidden="true">${
      drawn.map((one) => one[0]).join("")}${nodes.map(node).join("")}${drawn.map((one) => one[1]).join("")}</svg>`;
    says.textContent = sentence();
  }
  for (const key of ["walk", "point", "done"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
