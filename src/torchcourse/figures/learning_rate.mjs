// The learning-rate cliff: a slider, the steps that SGD took on a parabola, and their losses.
function render({ model, el }) {
  const data = model.get("data");
  const { rates, curvature, limit, lowest, verdicts } = data;
  const at = () => Math.min(Math.max(Number(model.get("at")), 0), rates.length - 1);
  const last = rates.length - 1;
  const loss = (x) => (x > 0 && x < 0.001 ? "below 0.001" : String(x));
  const signed = (x) => String(x).replace("-", "−");

  const slider = h("input", {
    type: "range", min: 0, max: last, step: 1, "aria-label": "learning rate",
    oninput: () => {
      model.set("at", Number(slider.value));
      model.save_changes();
    },
  });
  const value = h("b", { class: "tc-code" });
  // The thumb's center runs from half a thumb to the other end, and so does the ruler below it.
  const mark = (lr, text) => {
    const made = h("span", {}, h("i", {}), text);
    made.style.left = `${(100 * (lr - rates[0])) / (rates[last] - rates[0])}%`;
    return made;
  };
  const control = h("div", { class: "tc-lr-bar" },
    h("p", {}, "learning rate ", value), slider,
    h("div", { class: "tc-lr-ruler tc-dim", "aria-hidden": "true" },
      mark(limit / 2, `1/λ = ${limit / 2}`), mark(limit, `2/λ = ${limit}`)));
  const plot = h("div", { class: "tc-lr-plot", "aria-hidden": "true" });
  const row = h("div", { class: "tc-lr-losses" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(control, plot, row, says);

  // The picture: w from 0 to 10, losses from 0 to 70, in a frame of 300 by 190.
  const x = (w) => 30 * w;
  const y = (w) => 190 - (190 * (2 * w - 10) ** 2) / 70;
  const points = (places) => places.map((place) => place.map((n) => n.toFixed(1))).join(" ");
  const on = (w) => [x(w), y(w)];
  const edge = Math.sqrt(70) / 2;
  const curve = points(Array.from({ length: 61 }, (_, i) => on(lowest + edge * (i / 30 - 1))));
  const ticks = [0, 3, 5, 10].map((w) => `<path class="tc-lr-axis" d="M${x(w)} 190v4"/>
    <text x="${x(w)}" y="206" text-anchor="middle">${w}</text>`).join("");
  const level = (n, up = 190 - (190 * n) / 70) => `<path class="tc-lr-grid" d="M0 ${up}h300"/>
    <text x="-5" y="${up + 4}" text-anchor="end">${n}</text>`;

  // The steps as one line, up to where it leaves the frame, always through its upper edge.
  function track(ws) {
    const out = ws.findIndex((w) => y(w) < 0);
    if (out < 0) return ws.map(on);
    const [[x1, y1], [x2, y2]] = [on(ws[out - 1]), on(ws[out])];
    return [...ws.slice(0, out).map(on), [x1 + ((x2 - x1) * y1) / (y1 - y2), 0]];
  }
  // A dot for each step, and its number, unless an earlier number is in the way.
  function dots(ws) {
    const taken = [];
    return ws.map((w, i) => {
      const [cx, cy] = on(w);
      if (cy < 0) return "";
      const [tx, ty] = [cx + (w < lowest ? -11 : 11), cy + 4];
      const free = taken.every(([a, b]) => Math.hypot(a - tx, b - ty) > 11);
      if (free) taken.push([tx, ty]);
      return `<circle class="tc-lr-dot" cx="${cx}" cy="${cy}" r="${i ? 3.5 : 5}"/>` +
        (free ? `<text class="tc-lr-n" x="${tx}" y="${ty}" text-anchor="middle">${i}</text>` : "");
    }).join("");
  }

  function draw() {
    const [lr, w, losses, factor, verdict] =
      ["rates", "w", "losses", "factor", "verdict"].map((name) => data[name][at()]);
    const out = w.findIndex((one) => y(one) < 0);
    slider.value = at();
    slider.setAttribute("aria-valuetext", `learning rate ${lr}: ${verdicts[verdict]}`);
    value.textContent = lr;
    plot.innerHTML = `<svg viewBox="-28 -8 336 236">${level(0)}${level(16)}${level(64)}${ticks}
      <text x="150" y="224" text-anchor="middle">w</text>
      <text x="150" y="2" text-anchor="middle">loss (2w − 10)²</text>
      <polyline class="tc-lr-curve" points="${curve}"/>
      <polyline class="tc-lr-track tc-lr-v${verdict}" points="${points(track(w))}"/>${dots(w)}
      ${out < 0 ? "" : `<text x="180" y="38" text-anchor="middle">step ${out} leaves the picture</text>`}
    </svg>`;
    row.replaceChildren(...losses.map((one, i) => h("span", {},
      h("small", { class: "tc-dim" }, i ? `step ${i}` : "start"),
      h("b", { class: "tc-code" }, one > 0 && one < 0.001 ? "≈ 0" : String(one)))));
    const where = lr < limit ? "below" : lr > limit ? "above" : "exactly";
    says.textContent =
      `lr = ${lr}, ${where} 2/λ = 2/${curvature} = ${limit}: each step multiplies the distance ` +
      `from w to ${lowest} by ${signed(factor)}. ` +
      `Loss ${losses.slice(0, 4).map(loss).join(" → ")}, and ${loss(losses.at(-1))} after ` +
      `${losses.length - 1} steps: ${verdicts[verdict]}.`;
  }
  model.on("change:at", draw);
  draw();
}
export default { render };
