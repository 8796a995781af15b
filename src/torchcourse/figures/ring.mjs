// The ring all-reduce: a row for each rank, a column for each chunk, arrows for what travels.
function render({ model, el }) {
  const { counts } = model.get("data");
  const now = (key) => Number(model.get(key));
  const set = (key, value) => {
    model.set(key, Number(value));
    model.save_changes();
  };
  const slide = (key, name) => {
    const input = h("input", {
      type: "range", step: 1, "aria-label": name, oninput: () => set(key, input.value),
    });
    const value = h("b", { class: "tc-code" });
    const show = (min, max, text) => {
      Object.assign(input, { min, max, value: now(key) });
      value.textContent = text;
      input.setAttribute("aria-valuetext", text);
    };
    return [h("div", {}, h("p", {}, `${name} `, value), input), show];
  };
  const [ranks, showRanks] = slide("n", "ranks");
  const [steps, showStep] = slide("t", "step");
  const plot = h("div", { class: "tc-ri", "aria-hidden": "true" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(h("div", { class: "tc-ri-dials" }, ranks, steps), plot,
    h("p", { class: "tc-dim" }, "Rank 0 starts with 1 in every chunk, rank 1 with 2, and so on. " +
      "The marks below a number are the ranks that are in the sum; a thick frame: complete."), says);

  function show() {
    const n = now("n");
    const last = 2 * (n - 1);
    const t = Math.min(now("t"), last);
    const sends = (r) => (r - t + 1 + 2 * n) % n;
    const wide = 296 / n;
    const x = (c) => 44 + c * wide;
    const y = (r) => 26 + 40 * r;
    let made = "";
    for (let c = 0; c < n; c += 1) {
      made += `<text class="tc-ri-n" x="${x(c) + wide / 2}" y="11">${n < 7 ? "chunk " : ""}${c}</text>`;
    }
    for (let r = 0; r < n; r += 1) {
      made += `<text x="0" y="${y(r) + 17}">rank ${r}</text>`;
      for (let c = 0; c < n; c += 1) {
        const count = Number(counts[n - 2][(t * n + r) * n + c]);
        const got = t && sends((r + n - 1) % n) === c;
        const inside = (k) => (r - k + n) % n < count;
        let sum = 0;
        let marks = "";
        for (let k = 0; k < n; k += 1) {
          if (inside(k)) sum += k + 1;
          marks += `<rect class="tc-ri-${inside(k) ? "in" : "out"}" ` +
            `x="${(x(c) + 5 + (k * (wide - 10)) / n).toFixed(1)}" y="${y(r) + 20}" ` +
            `width="${((wide - 10) / n - 0.6).toFixed(1)}" height="4"/>`;
        }
        made += `<g class="tc-ri-c${count === n ? " tc-full" : ""}${got ? " tc-got" : ""}" ` +
          `data-sum="${sum}"><rect class="tc-ri-b" x="${x(c) + 2}" y="${y(r)}" width="${wide - 4}" ` +
          `height="28"/><text class="tc-ri-n" x="${x(c) + wide / 2}" y="${y(r) + 15}">${sum}</text>` +
          `${marks}</g>`;
      }
    }
    for (let r = 0; t && r < n; r += 1) {
      const at = x(sends(r)) + wide / 2;
      const line = (from, to) => `<path data-c="${sends(r)}" d="M${at} ${from}V${to - 3}"/>` +
        `<path class="tc-ri-h" d="M${at - 4} ${to - 5}h8l-4 5z"/>`;
      // from the last rank it goes round to the first
      made += r < n - 1 ? line(y(r) + 28, y(r + 1)) : line(y(r) + 28, y(r) + 39) + line(14, y(0));
    }
    plot.innerHTML = `<svg viewBox="0 0 342 ${y(n)}">${made}</svg>`;
    showRanks(2, 8, String(n));
    showStep(0, last, `${t} of ${last}`);
    says.textContent = t === 0
      ? `${n} ranks, step 0 of ${last}: each rank has its own numbers, in ${n} chunks.`
      : `${n} ranks, step ${t} of ${last}, ${t < n ? "reduce-scatter" : "all-gather"}: rank 0 sends ` +
        `chunk ${sends(0)} to rank 1, which ${t < n ? "adds it to its own" : "keeps it"}. Each rank ` +
        `has sent ${t}/${n} of its numbers.${t === n - 1 ? " Each rank now has one complete chunk." : ""}` +
        `${t === last ? " Every rank has every sum." : ""}`;
  }
  model.on("change:t", show);
  model.on("change:n", () => {
    if (now("t") > 2 * (now("n") - 1)) set("t", 2 * (now("n") - 1));
    show();
  });
  show();
}
export default { render };
