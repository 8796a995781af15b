// Ten layers under the microscope: a bend, a scale, and histograms of activations and gradients.
function render({ model, el }) {
  const { bends, scales, layers, bins, runs, verdicts, curves } = model.get("data");
  const at = () => Math.min(Math.max(Number(model.get("at")), 0), scales.length - 1);
  const set = (key, value) => {
    model.set(key, Number(value));
    model.save_changes();
  };
  const picks = radios("bend", bends.map((name, i) => [i, name]), (i) => set("bend", i));
  const bar = h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "bend" },
    h("span", {}, "bend"), ...picks);
  const curve = h("span", { class: "tc-sat-curve", "aria-hidden": "true" });
  bar.append(curve, h("span", { class: "tc-dim" }, "heavy where flat"));
  const slider = h("input", {
    type: "range", min: 0, max: scales.length - 1, step: 1,
    "aria-label": "scale: standard deviation of the first weights",
    oninput: () => set("at", slider.value),
  });
  const scale = h("b", {});
  const dial = h("div", { class: "tc-sat-dial" },
    h("p", {}, "scale, the standard deviation of the first weights: ", scale), slider);
  const grid = h("div", { class: "tc-sat", "aria-hidden": "true" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(bar, dial, grid, says);

  const small = (...text) => h("span", { class: "tc-dim" }, ...text);
  const axis = (...marks) => {
    const made = small(...marks.map((mark) => h("span", {}, mark)));
    made.classList.add("tc-sat-axis");
    return made;
  };
  // One histogram: a bar for each digit, which is its height from 0 to 35.
  function bars(digits, className) {
    const made = h("div", { "data-bars": digits });
    const wide = 100 / digits.length;
    made.innerHTML = `<svg viewBox="0 0 100 35" preserveAspectRatio="none">${
      [...digits].map((digit, i) => {
        const high = parseInt(digit, 36);
        return high ? `<rect class="${className}" x="${(i * wide).toFixed(2)}" y="${35 - high}" ` +
          `width="${(0.9 * wide).toFixed(2)}" height="${high}"/>` : "";
      }).join("")}</svg>`;
    return made;
  }

  // The bend itself: a dot for each place, a heavy one where it is flat.
  const shape = ([line, flat]) => `<svg viewBox="-2 -2 100 40">${
    [...line].map((digit, i) => `<circle cx="${3 * i}" cy="${35 - parseInt(digit, 36)}" ` +
      `r="${1 + Number(flat[i])}" class="tc-sat-${flat[i] === "1" ? "f" : "a"}"/>`).join("")}</svg>`;

  function show() {
    const [bend, i] = [model.get("bend"), at()];
    const [std, flat, ratio, verdict, drawn] = runs[bend][i];
    const [wide, decades] = bins;
    check(picks, bend);
    curve.innerHTML = shape(curves[bend]);
    slider.value = i;
    slider.setAttribute("aria-valuetext", `scale ${scales[i]}: the gradient: ${verdicts[verdict]}`);
    scale.textContent = scales[i];
    grid.replaceChildren(small(""), small("activations"), small("size of gradients"),
      ...layers.flatMap((n, k) => {
        const half = layers.length * wide + k * decades;
        return [small(`layer ${n}`), bars(drawn.slice(k * wide, (k + 1) * wide), "tc-sat-a"),
          bars(drawn.slice(half, half + decades), "tc-sat-g")];
      }),
      small(""), axis("≤ −2", "0", "≥ 2"), axis("0", "1e−6", "1", "1e8"));
    says.textContent = `${bends[bend]}, scale ${scales[i]}: after layer 10 the activations have ` +
      `standard deviation ${std}, and ${flat} % of the neurons are saturated (slope below 0.05). ` +
      `The gradient at layer 1 is ${ratio} times as large as at layer 10: ${verdicts[verdict]}.`;
  }
  for (const key of ["bend", "at"]) model.on(`change:${key}`, show);
  show();
}
export default { render };
