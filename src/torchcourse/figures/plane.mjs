// A 2 x 2 matrix acting on the plane: the unit circle, a grid and three arrows, before and after.
const REACH = 2.5; // both planes show -REACH to REACH
const SIZE = 100; // half the width of a drawing, in its own units
function render({ model, el }) {
  const { step: by, last, matrices } = model.get("data");
  const now = () => matrices[model.get("matrix")];
  const turn = () => Math.min(Math.max(model.get("turn"), 0), last / by);
  const set = (key, value) => {
    model.set(key, Number(value));
    model.save_changes();
  };
  const short = (x) => String(Number(x.toFixed(2)));
  const rows = (A) => `[${A.map((row) => `[${row.join(", ")}]`).join(", ")}]`;

  const picks = radios("matrix", matrices.map((m, i) => [i, m.name]), (i) => set("matrix", i));
  const bar = h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "matrix A" },
    h("span", {}, "matrix A"), ...picks);
  const slider = h("input", {
    type: "range", min: 0, max: last, step: by, "aria-label": "direction of x in degrees",
    oninput: () => set("turn", slider.value / by),
  });
  const degrees = h("b", {});
  const dial = h("div", { class: "tc-dial" }, h("p", {}, "direction of x ", degrees), slider);
  const planes = h("div", { class: "tc-planes" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(bar, dial, planes, says);

  // Drawings are text: the parser makes the SVG elements.
  const spot = ([x, y]) => [(x / REACH) * SIZE, (-y / REACH) * SIZE];
  const path = (points, className) => `<path class="${className}" d="${
    points.map((p, i) => (i ? "L" : "M") + spot(p).map((c) => c.toFixed(1)).join(" ")).join("")}"/>`;
  function arrow([x, y], name, className) {
    const long = Math.hypot(x, y);
    if (long < 0.02) return `<circle r="3" class="tc-dot ${className}"/>`;
    const [ex, ey] = [x / long, y / long];
    const head = Math.min(0.2, long / 2);
    const back = (side) => [
      x - head * (ex + side * 0.5 * ey), y - head * (ey - side * 0.5 * ex)];
    // beyond the tip, or beside an arrow that may lie on another one; and inside the drawing
    const beside = [0.6 * x + 0.27 * ey, 0.6 * y - 0.27 * ex];
    const [wide, high] = spot(className === "tc-x" ? beside : [x + 0.25 * ex, y + 0.25 * ey]);
    const tx = Math.min(Math.max(wide, 26 - SIZE), SIZE - 26);
    const ty = Math.min(Math.max(high, 9 - SIZE), SIZE - 9) - (tx === wide ? 0 : 11);
    return `<g class="${className}" data-to="${x} ${y}">${path([[0, 0], [x, y]], "tc-shaft")}${
      path([[x, y], back(1), back(-1)], "tc-tip")}<text x="${tx}" y="${ty}">${name}</text></g>`;
  }
  // The part of the line from p to q that lies inside the drawing: what lies outside is not seen,
  // but would count as covering the text there.
  function clip(p, q) {
    let [from, to] = [0, 1];
    for (const i of [0, 1]) {
      const d = q[i] - p[i];
      if (!d && Math.abs(p[i]) > REACH) return null;
      if (!d) continue;
      const ends = [-REACH, REACH].map((edge) => (edge - p[i]) / d);
      from = Math.max(from, Math.min(...ends));
      to = Math.min(to, Math.max(...ends));
    }
    const at = (t) => [0, 1].map((i) => p[i] + t * (q[i] - p[i]));
    return from < to ? [at(from), at(to)] : null;
  }
  function plane(title, [[a, b], [c, d]], arrows) {
    const to = ([x, y]) => [a * x + b * y, c * x + d * y];
    let lines = "";
    for (let k = -6; k <= 6; k += 1) {
      for (const ends of [[[k, -6], [k, 6]], [[-6, k], [6, k]]]) {
        const seen = clip(...ends.map(to));
        if (seen) lines += path(seen, k ? "tc-grid-line" : "tc-axis");
      }
    }
    const round = Array.from({ length: 73 }, (_, i) => (i * Math.PI) / 36)
      .map((t) => to([Math.cos(t), Math.sin(t)]));
    const made = h("div", {}, h("p", { class: "tc-dim" }, title), h("div", {}));
    made.lastChild.innerHTML = `<svg viewBox="${-SIZE} ${-SIZE} ${2 * SIZE} ${2 * SIZE}" ` +
      `aria-hidden="true">${lines}${path(round, "tc-round")}${
        arrows.map((one) => arrow(...one)).join("")}</svg>`;
    return made;
  }

  function show() {
    const { name, A, s, v, Av, at, det, to } = now();
    const i = turn();
    const [x, y, length, angle] = to[i];
    const t = (i * by * Math.PI) / 180;
    check(picks, model.get("matrix"));
    slider.value = i * by;
    slider.setAttribute("aria-valuetext", `${i * by}°`);
    degrees.textContent = `${i * by}°`;
    planes.replaceChildren(
      plane("before: the unit circle", [[1, 0], [0, 1]], [
        [v[0], "v1", "tc-one"], [v[1], "v2", "tc-two"], [[Math.cos(t), Math.sin(t)], "x", "tc-x"]]),
      plane("after A", A, [
        [Av[0], "σ1u1", "tc-one"], [Av[1], "σ2u2", "tc-two"], [[x, y], "Ax", "tc-x"]]));
    const [longest, shortest] = s.map(short);
    const limits = longest === shortest ? `So does every arrow: σ1 = σ2 = ${longest}`
      : `Longest: σ1 = ${longest}, for v1 at ${at[0]}°; ` +
        `shortest: σ2 = ${shortest}, for v2 at ${at[1]}°`;
    const side = det < 0 ? ", turned over" : det ? "" : ", and no way back";
    says.textContent = `${name}, A = ${rows(A)}: x at ${i * by}° becomes ${short(length)} times ` +
      `as long, ${angle == null ? "and has no direction" : `at ${angle}°`}. ${limits}. ` +
      `Areas × ${short(Math.abs(det))}${side}.`;
  }
  for (const key of ["matrix", "turn"]) model.on(`change:${key}`, show);
  show();
}
export default { render };
