// The overfitting dial: a network's curve through noisy points, and its two losses over the epochs.
const [WIDE, HIGH, TOP] = [300, 180, 0.75]; // user units; the loss at the upper edge
function render({ model, el }) {
  const data = model.get("data");
  const { widths, decays, epochs, places, reach, codes, losses, curves } = data;
  const now = (key) => Number(model.get(key));
  const set = (key, value) => {
    model.set(key, Number(value));
    model.save_changes();
  };
  const bar = (key, name, values) => {
    const picks = radios(key, values.map((v, i) => [i, v]), (i) => set(key, i));
    return [h("div", { class: "tc-bar", role: "radiogroup", "aria-label": name },
      h("span", {}, name), ...picks), picks];
  };
  const [widthBar, widthPicks] = bar("width", "width", widths);
  const [decayBar, decayPicks] = bar("decay", "weight decay", decays);
  const slider = h("input", {
    type: "range", min: 0, max: epochs.length - 1, step: 1, "aria-label": "epochs",
    oninput: () => set("epoch", slider.value),
  });
  const count = h("b", { class: "tc-code" });
  const plots = h("div", { class: "tc-of-plots", "aria-hidden": "true" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(widthBar, decayBar,
    h("div", { class: "tc-of-dial" }, h("p", {}, "epochs ", count), slider), plots, says);

  const value = (c) => (2 * codes.indexOf(c) / (codes.length - 1) - 1) * reach;
  const up = (y) => HIGH / 2 - (y * HIGH) / 2 / reach;
  const line = (name, spots) =>
    `<path class="tc-of-${name}" d="M${spots.map((p) => p.map((c) => c.toFixed(1))).join("L")}"/>`;
  const across = (x) => WIDE / 2 + (x * WIDE) / 2.1;
  const spots = [];
  const half = data.points.length / 2;
  for (let i = 0; i < half; i += 1) {
    const [x, y] = [value(data.points[2 * i]), value(data.points[2 * i + 1])];
    const mine = i < data.train;
    spots.unshift(`<circle class="tc-of-${mine ? "mine" : "other"}" cx="${across(x).toFixed(1)}" cy="${
      up(y).toFixed(1)}" r="${mine ? 4 : 2}"/>`);
  }
  const grid = [...Array(places).keys()].map((i) => (2 * i) / (places - 1) - 1);
  const truth = line("true", grid.map((x) => [across(x), up(Math.sin(3 * x))]));
  const round = (n) => (n / 1000).toFixed(3);

  function draw() {
    const [i, j, n] = [now("width"), now("decay"), now("epoch")];
    const both = [0, 1].map((k) => losses[i][j].filter((_, m) => m % 2 === k));
    const [[train, val], low] = [both.map((row) => row[n]), Math.min(...both[1])];
    const net = [...curves[i][j].slice(n * places, (n + 1) * places)]
      .map((c, k) => [across(grid[k]), up(value(c))]);
    const at = (m) => 14 + (m * (WIDE - 28)) / (epochs.length - 1);
    const high = (loss) => HIGH - (loss / 1000 / TOP) * HIGH;
    const paths = both.map((row, k) =>
      line(k ? "val" : "train", row.map((loss, m) => [at(m), high(loss)])));
    const dots = [train, val].map((loss, k) =>
      `<circle class="tc-of-is-${k}" cx="${at(n)}" cy="${high(loss).toFixed(1)}" r="5"/>`);
    plots.innerHTML = `<div><p class="tc-dim">y over x: ${data.train} points to learn (full), ` +
      `others (open), true curve (dotted), network</p><svg viewBox="0 -6 ${WIDE} ${HIGH + 12}">${
        spots.join("")}${truth}${line("net", net)}</svg></div>` +
      `<div><p class="tc-dim">loss from 0 to ${TOP}, over ${epochs[0]} to ${epochs.at(-1)} epochs: ` +
      `<span class="tc-of-is-1">validation (line)</span>, <span class="tc-of-is-0">training (dashed)</span>` +
      `</p><svg viewBox="0 -6 ${WIDE} ${HIGH + 12}"><path class="tc-of-now" d="M${at(n)} -6V${HIGH + 6}"/>${
        paths.join("")}${dots.join("")}</svg></div>`;
    check(widthPicks, i);
    check(decayPicks, j);
    slider.value = n;
    slider.setAttribute("aria-valuetext", `${epochs[n]} epochs`);
    count.textContent = epochs[n];
    let verdict = "a good fit: the network follows the curve and little else";
    if (train > 150) verdict = "underfitting: the network has not learned the curve";
    else if (val > 1.25 * low) verdict = "overfitting: the network follows the noise of its points";
    says.textContent = `Width ${widths[i]}, weight decay ${decays[j]}, after ${epochs[n]} epochs: ` +
      `training loss ${round(train)}, validation loss ${round(val)}; its lowest was ${round(low)} ` +
      `after ${epochs[both[1].indexOf(low)]}. This is ${verdict}.`;
  }
  for (const key of ["width", "decay", "epoch"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
