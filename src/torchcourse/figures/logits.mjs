// The logit playground: three sliders; probabilities, cross-entropy and gradient are looked up.
function render({ model, el }) {
  const { classes, step, reach, small, apart } = model.get("data");
  const number = (x) => String(x).replace("-", "−");
  const share = (n) => (n / 1000).toFixed(3);
  const signed = (n) => (n < 0 ? "−" : n > 0 ? "+" : "") + share(Math.abs(n));
  const value = (i) => Math.min(Math.max(Number(model.get(`z${i}`)), -reach), reach);

  const bar = (kind) => h("div", { class: `tc-logit-bar ${kind}` }, h("i", {}), h("b", {}));
  const rows = classes.map((name, i) => {
    const slider = h("input", {
      type: "range", min: -reach, max: reach, step, "aria-label": `logit of ${name}`,
      oninput: () => {
        model.set(`z${i}`, Number(slider.value));
        model.save_changes();
      },
    });
    const [z, p, g] = [h("b", { class: "tc-logit-z" }), bar("tc-logit-p"), bar("tc-logit-g")];
    const made = h("div", { class: "tc-logit-row" },
      h("span", {}, i ? name : h("b", {}, `${name} ✓`)), slider, z, p, g);
    return { made, slider, z, p, g };
  });
  const head = h("div", { class: "tc-logit-row tc-logit-head tc-dim", "aria-hidden": "true" },
    ...["", "logit", "", "probability p", "gradient p − y"].map((text) => h("span", {}, text)));
  const price = bar("tc-logit-price");
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(head, ...rows.map((row) => row.made), price, says);

  // A bar from `from` to `to`, in thousandths of the box.
  function fill(box, from, to, text) {
    const [line, told] = box.children;
    line.style.left = `${Math.min(from, to) / 10}%`;
    line.style.width = `${Math.abs(to - from) / 10}%`;
    told.textContent = text;
  }

  function draw() {
    const z = classes.map((_, i) => value(i));
    const order = [0, 1, 2].sort((a, b) => z[b] - z[a]);
    const steps = (k) => Math.round((z[order[0]] - z[order[k]]) / step);
    const [probs, found] = [[], apart[steps(2)][steps(1)]];
    order.forEach((i, k) => (probs[i] = found[k]));
    const cost = found[3] + Math.round(1000 * (z[order[0]] - z[0]));
    const grad = probs.map((p, i) => (i ? p : p - 1000));
    rows.forEach((row, i) => {
      row.slider.value = z[i];
      row.slider.setAttribute("aria-valuetext", `${number(z[i])}, probability ${share(probs[i])}`);
      row.z.textContent = number(z[i]);
      fill(row.p, 0, probs[i], share(probs[i]));
      fill(row.g, 500, 500 + grad[i] / 2, signed(grad[i]));
      row.g.classList.toggle("tc-logit-down", grad[i] < 0);
    });
    fill(price, 0, cost / 9, `cross-entropy ${share(cost)}`); // 9 is more than it can get
    const first = classes.filter((_, i) => z[i] === z[order[0]]);
    const verdict = first.length === 3 ? "The model cannot decide"
      : `The model ${first[1] ? "hesitates between" : "says"} ${first.join(" and ")}`;
    const way = Math.max(...grad.map(Math.abs)) < small ? "finds almost nothing to mend"
      : "goes the other way";
    says.textContent = `${verdict}; the picture shows a ${classes[0]}, which got ` +
      `${share(probs[0])}: cross-entropy ${share(cost)}. Gradient: ` +
      `${classes.map((name, i) => `${name} ${signed(grad[i])}`).join(", ")}. ` +
      `A step of gradient descent ${way}.`;
  }
  for (const i of [0, 1, 2]) model.on(`change:z${i}`, draw);
  draw();
}
export default { render };
