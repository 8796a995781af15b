// One backward of DDP: layers above, buckets of gradients on their way below, and a moment.
function render({ model, el }) {
  const { names, traces } = model.get("data");
  const now = (key) => Number(model.get(key));
  const set = (key, value) => {
    model.set(key, Number(value));
    model.save_changes();
  };
  const ms = (t) => `${(Math.floor((t + 50) / 100) / 10).toFixed(1)} ms`;
  const picks = radios("b", names.map((text, i) => [i, text]), (i) => set("b", i));
  const slider = h("input", {
    type: "range", min: 0, step: 1, "aria-label": "event", oninput: () => set("e", slider.value),
  });
  const plot = h("div", { class: "tc-bu", "aria-hidden": "true" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(
    h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "gradients" },
      h("span", {}, "gradients"), ...picks),
    h("div", { class: "tc-bu-dial" }, slider), plot,
    h("p", { class: "tc-dim" }, "Recorded on 2026-11-21: torch 2.13.0, gloo, two ranks on two CPU " +
      "cores, rank 0. Numbers are layers; on your machine the times differ and the order does not."),
    says);

  function show() {
    const { ready, buckets, end } = traces[now("b")];
    const times = [...new Set([0, end, ...ready.map((r) => r[1]),
      ...buckets.flatMap((row) => row.slice(1))])].sort((a, b) => a - b);
    const e = Math.min(now("e"), times.length - 1);
    const at = times[e];
    const x = (t) => (t * 300) / Math.max(...traces.map((one) => one.end)) + 40;
    const bar = (kind, from, to, y, text) =>
      `<rect class="tc-bu-${kind}${to <= at ? "" : from < at ? " tc-half" : " tc-later"}" ` +
      `data-t="${from} ${to}" x="${x(from).toFixed(1)}" y="${y}" ` +
      `width="${(x(to) - x(from)).toFixed(1)}" height="16"/>` +
      (x(to) - x(from) > 6 * text.length ? `<text class="tc-bu-n${to <= at ? " tc-bu-on" : ""}" ` +
        `x="${((x(from) + x(to)) / 2).toFixed(1)}" y="${y + 12}">${text}</text>` : "");
    let made = `<text x="0" y="23">layers</text><text x="0" y="46">travel</text>`;
    let before = 0;
    for (const [layer, time] of ready) {
      made += bar("layer", before, time, 11, `${layer}`);
      before = time;
    }
    buckets.forEach(([layers, sent, there], i) => {
      made += bar("bucket", sent, there, 34 + 18 * i, layers.join(" "));
    });
    made += `<path class="tc-bu-last" d="M${x(before).toFixed(1)} 6V142"/>` +
      `<path d="M${x(at).toFixed(1)} 6V142"/>` +
      `<text class="tc-bu-${at * 2 < end ? "l" : "r"}" x="${x(at).toFixed(1)}" y="153">${ms(at)}</text>`;
    plot.innerHTML = `<svg viewBox="0 0 344 156">${made}</svg>`;
    check(picks, now("b"));
    Object.assign(slider, { max: times.length - 1, value: e });
    slider.setAttribute("aria-valuetext", ms(at));
    let [total, hidden, until] = [0, 0, 0];
    for (const [, sent, there] of buckets) {
      const start = Math.max(sent, until);
      until = Math.max(there, until);
      total += Math.max(0, until - start);
      hidden += Math.max(0, Math.min(until, before) - start);
    }
    const count = (rows, i) => rows.filter((row) => row[i] <= at).length;
    says.textContent = `${names[now("b")]}, ${ms(at)} after the start: ${count(ready, 1)} of 6 ` +
      `gradients are computed, ${count(buckets, 1)} of ${buckets.length} buckets sent, ` +
      `${count(buckets, 2)} arrived. Of ${ms(total)} on the way, ${ms(hidden)} were hidden behind ` +
      "the computing.";
  }
  model.on("change:b", show);
  model.on("change:e", show);
  show();
}
export default { render };
