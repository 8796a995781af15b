// The optimizer race: four tracks on a surface, and the step at which each racer has arrived.
const [PX, WIDE, HIGH] = [50, 150, 100]; // one unit of w, and half the picture: 6 by 4 units
function render({ model, el }) {
  const data = model.get("data");
  const { surfaces, rates, momenta, racers, steps, part, tracks, arrived } = data;
  const now = (key) => Number(model.get(key));
  const set = (key, value) => {
    model.set(key, Number(value));
    model.save_changes();
  };
  const slide = (key, values, name) => {
    const input = h("input", {
      type: "range", min: 0, max: values.length - 1, step: 1, "aria-label": name,
      oninput: () => set(key, input.value),
    });
    const value = h("b", { class: "tc-code" });
    const show = () => {
      input.value = now(key);
      value.textContent = values[now(key)];
      input.setAttribute("aria-valuetext", values[now(key)]);
    };
    return [h("div", {}, h("p", {}, `${name} `, value), input), show];
  };
  const picks = radios("surface", surfaces.map(([name], i) => [i, name]), (i) => set("surface", i));
  const [rate, showRate] = slide("rate", rates, "learning rate");
  const [momentum, showMomentum] = slide("momentum", momenta, "momentum");
  const plot = h("div", { class: "tc-or-plot", "aria-hidden": "true" });
  const row = h("div", { class: "tc-or-row" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(
    h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "surface" },
      h("span", {}, "surface"), ...picks),
    h("div", { class: "tc-or-dials" }, rate, momentum), plot,
    h("p", { class: "tc-dim" }, `A dot a step; shaded: loss below 1/${part} of the first.`), row, says);

  // A line as far as it lies in the picture: what lies outside would count as covering text there.
  function line(points) {
    const inside = ([x, y]) => Math.abs(x) <= WIDE && Math.abs(y) <= HIGH;
    const toEdge = ([x, y], [u, v]) => {
      const part = (a, by, edge) => (by ? (edge * Math.sign(by) - a) / by : 1);
      const t = Math.min(1, part(x, u - x, WIDE), part(y, v - y, HIGH));
      return [x + t * (u - x), y + t * (v - y)];
    };
    let [path, before, on] = ["", null, false];
    const put = (letter, at) => (path += letter + at.map((c) => c.toFixed(1)).join(" "));
    for (const at of points) {
      if (inside(at)) {
        if (!on) put("M", before ? toEdge(at, before) : at);
        put("L", at);
      } else if (on) put("L", toEdge(before, at));
      [before, on] = [at, inside(at)];
    }
    return path;
  }

  // All surfaces are a x² + p(y), so a contour is two values of x for each y.
  const shape = (name) => (name === "saddle" ? [4, (y) => (y * y - 1) ** 2] : [0.5, (y) => 10 * y * y]);
  function contour([a, p], level, spot) {
    let [path, ring, last] = ["", [], [9, 9]];
    for (let y = -4; y < 4; y += 0.002) {
      const x = Math.sqrt((level - p(y)) / a);
      if (x < 0.2 || Math.hypot(x - last[0], y - last[1]) > 0.02) {
        ring.push(spot(x, y));
        ring.unshift(spot(-x, y));
        last = [x, y];
      } else if (ring.length && !(x >= 0)) {
        path += line([...ring, ring[0]]);
        ring = [];
      }
    }
    return path;
  }
  // A character is a move of k |k| / 330 along one axis.
  function places(text, x, y) {
    const move = (i) => {
      const k = text.charCodeAt(i) - 80;
      return (k * Math.abs(k)) / 330;
    };
    const out = [[x, y]];
    for (let i = 0; i < text.length; i += 2) out.push([(x += move(i)), (y += move(i + 1))]);
    return out;
  }
  const short = (n) => (n < 0 ? "explodes" : n ? `step ${n}` : "not yet");

  function draw() {
    const [i, j, m] = [now("surface"), now("rate"), now("momentum")];
    const [name, turn, x, y] = surfaces[i];
    const own = tracks[i][j];
    const all = turn ? [...tracks[0][j].slice(0, momenta.length), ...own] : own;
    const four = [0, m, momenta.length, momenta.length + 1];
    const surface = shape(name);
    const first = surface[0] * x * x + surface[1](y);
    const [cos, sin] = [Math.cos, Math.sin].map((f) => PX * f((turn * Math.PI) / 180));
    const spot = (u, v) => [cos * u - sin * v, -sin * u - cos * v];
    const lines = [4, 2, 1, 0.5, 0.25, 0.06, 1 / part].map((part, n) =>
      `<path class="tc-or-${n < 6 ? "line" : "goal"}" d="${contour(surface, first * part, spot)}"/>`);
    const runs = four.map((k, n) => {
      const at = places(all[k], x, y);
      const on = at.map((one) => spot(...one));
      return `<g class="tc-or-${n}" data-n="${at.length}" data-end="${at.at(-1)}"><path d="${
        line(on)}"/><path class="tc-or-dots" d="${on.map((one) => line([one])).join("")}"/></g>`;
    });
    const [cx, cy] = spot(x, y);
    plot.innerHTML = `<svg viewBox="-150 -100 300 200">${lines.join("")}${runs.join("")}<circle cx="${
      cx}" cy="${cy}" r="4"/></svg>`;
    const numbers = four.map((k) => arrived[i][j][k]);
    row.replaceChildren(...racers.map((racer, n) =>
      h("span", { class: `tc-or-${n}` }, h("i", {}), racer, h("b", {}, short(numbers[n])))));
    says.textContent = `${name}, lr = ${rates[j]}, momentum ${momenta[m]}. Within ${steps} steps, ` +
      `from where does the loss stay below 1/${part} of the first? ` +
      `${racers.map((racer, n) => `${racer} ${short(numbers[n])}`).join(", ")}.`;
    check(picks, i);
    showRate();
    showMomentum();
  }
  for (const key of ["surface", "rate", "momentum"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
