// The graph behind a tensor: the loss on top, edges down to the leaves, one step for each node.
function render({ model, el }) {
  const { nodes, says: told, columns, rows, missing } = model.get("data");
  const last = nodes.length - 1;
  const within = (i) => Math.min(Math.max(i, 0), last);
  const now = () => within(Number(model.get("step")));
  const go = (i) => {
    model.set("step", within(i));
    model.save_changes();
  };

  const back = h("button", { type: "button", onclick: () => go(now() - 1) }, "◀ back");
  const next = h("button", { type: "button", onclick: () => go(now() + 1) }, "next ▶");
  const count = h("b", {});
  const bar = h("div", { class: "tc-bar" }, back, next, count, h("span", { class: "tc-dim" },
    "or select a node, and use the arrow keys · ∂: the gradient of the top with respect to it"));
  const spots = nodes.map(({ kind, name, x, y }, i) => {
    const spot = h("button", {
      type: "button", class: kind === "AccumulateGrad" ? "tc-leaf" : "", onclick: () => go(i),
    }, ...(name ? [h("b", {}, name)] : []),
    // where a long name may break
    h("span", {}, ...kind.split(/(?=Backward|(?<=[a-z])Grad$)/).flatMap((part) => [h("wbr"), part])),
    h("small", {}));
    spot.style.setProperty("--x", x / 100);
    spot.style.setProperty("--y", y + 0.5);
    return spot;
  });
  const lines = h("div", { class: "tc-wires" });
  const ground = h("div", { class: "tc-ground", role: "group", "aria-label": "nodes", onkeydown(e) {
    const by = STEPS[e.key];
    if (!by || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    go(now() + by[0] + by[1]);
    spots[now()].focus({ preventScroll: true });
  } }, lines, ...spots);
  ground.style.setProperty("--columns", columns / 100);
  ground.style.setProperty("--rows", rows);
  const box = h("div", { class: "tc-scroll" }, ground);
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(bar, box, says);
  if (missing.length) {
    el.append(h("p", { class: "tc-dim tc-missing" }, `not in this graph: ${missing.join(", ")}`));
  }

  // One path for each edge, in hundredths of a column and of a row. Edges that pass rows run in
  // the lane of their target; two edges between the same nodes keep apart.
  const wires = nodes.flatMap(({ x, y, to }, i) => to.map(([t], k) => {
    const { x: tx, y: ty, lane = [ty] } = nodes[t];
    const twins = to.filter(([other]) => other === t);
    const apart = 14 * (to.slice(0, k).filter(([other]) => other === t).length
      - (twins.length - 1) / 2);
    const points = [[x + 9 * (k - (to.length - 1) / 2), y * 100 + 50]];
    for (let r = y + 1; r < ty; r += 1) points.push([lane[1 + r - lane[0]] + apart, r * 100 + 50]);
    points.push([tx + apart, ty * 100 + 50]);
    let d = `M${points[0]}`;
    for (let j = 1; j < points.length; j += 1) {
      const [[a, b], [c, e]] = [points[j - 1], points[j]];
      d += `C${a} ${(b + e) / 2} ${c} ${(b + e) / 2} ${c} ${e}`;
    }
    return [i, d];
  }));
  lines.innerHTML = `<svg viewBox="0 0 ${columns} ${rows * 100}" preserveAspectRatio="none" ` +
    `aria-hidden="true">${wires.map(([, d]) => `<path d="${d}"/>`).join("")}</svg>`;
  const paths = lines.querySelectorAll("path");

  function draw() {
    const at = now();
    wires.forEach(([from], i) => paths[i].setAttribute("class",
      from === at ? "tc-sends" : from < at ? "tc-sent" : ""));
    spots.forEach((spot, i) => {
      const { kind, name, grad } = nodes[i];
      spot.classList.toggle("tc-done", i <= at);
      spot.setAttribute("aria-pressed", String(i === at));
      spot.tabIndex = i === at ? 0 : -1;
      spot.lastChild.textContent = i <= at ? `∂ ${grad}` : "∂";
      spot.setAttribute("aria-label",
        `${name} ${kind}, ${i <= at ? `gradient ${grad}` : "not reached"}`.trim());
    });
    count.textContent = `step ${at + 1} of ${last + 1}`;
    back.setAttribute("aria-disabled", String(at === 0));
    next.setAttribute("aria-disabled", String(at === last));
    says.textContent = `Step ${at + 1} of ${last + 1}. ${told[at]}`;
    // after this, for the first drawing is made outside of the page, where nothing has a size
    requestAnimationFrame(() => {
      const { offsetLeft: x, offsetTop: y } = spots[at];
      box.scrollTo(x - box.clientWidth / 2, y - box.clientHeight / 2);
    });
  }
  model.on("change:step", draw);
  draw();
}
export default { render };
