// The loader timeline: a lane for the model and one for each worker, and a bar for each batch.
function render({ model, el }) {
  const { workers, prefetch, costs, step, loads, runs } = model.get("data");
  const now = (key) => Number(model.get(key));
  const group = (key, name, values) => {
    const chips = radios(key, values.map((value, i) => [i, value]), (i) => {
      model.set(key, i);
      model.save_changes();
    });
    const bar = h("div", { class: "tc-bar", role: "radiogroup", "aria-label": name },
      h("span", {}, name), ...chips);
    return [bar, chips];
  };
  const bars = [group("w", "num_workers", workers), group("p", "prefetch_factor", prefetch),
    group("c", "loading a batch costs", costs)];
  const plot = h("div", { class: "tc-ld", "aria-hidden": "true" });
  const key = h("p", { class: "tc-dim tc-ld-key" }, h("i", { class: "tc-ld-load" }), "loads ",
    h("i", { class: "tc-ld-step" }), "trains ", h("i", { class: "tc-ld-idle" }), "is idle; every " +
    "seventh batch takes six times as long");
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(...bars.map(([bar]) => bar), plot, key, says);

  // Each character is a difference of times: first those of all starts, then of all takes.
  function unpack(text) {
    const half = text.length / 2;
    const sums = (part) => {
      let at = 0;
      return [...part].map((sign) => (at += sign.charCodeAt(0) - 63));
    };
    return [sums(text.slice(0, half)), sums(text.slice(half))];
  }

  function draw() {
    const [w, p, c] = ["w", "p", "c"].map(now);
    const [idle, text] = runs[w][p][c];
    const [starts, takes] = unpack(text);
    const count = workers[w];
    const all = unpack(runs[0][p][c][1])[1].at(-1) + step; // without workers: the longest run
    const end = takes.at(-1) + step;
    const bar = (kind, from, long, label) => {
      const wide = (100 * long) / all;
      return h("span", {
        class: `tc-ld-${kind}`, "data-t": `${from} ${long}`,
        style: `left:${((100 * from) / all).toFixed(2)}%;width:${wide.toFixed(2)}%`,
      }, wide > 2.2 ? label : "");
    };
    const lanes = [["model", [bar("idle", 0, end, ""), ...takes.map((t, k) => bar("step", t, step, k))]]];
    for (let n = 0; n < Math.max(count, 1); n += 1) {
      const own = starts.map((_, k) => k).filter((k) => k % Math.max(count, 1) === n);
      lanes.push([count ? `worker ${n}` : "no worker",
        own.map((k) => bar("load", starts[k], loads[c][k], k))]);
    }
    while (lanes.length < 5) lanes.push(["", []]);
    plot.replaceChildren(...lanes.flatMap(([name, made]) =>
      [h("span", { class: "tc-dim" }, name), h("div", { class: "tc-ld-lane" }, ...made)]));
    bars.forEach(([, chips], i) => check(chips, [w, p, c][i]));
    says.textContent = `${count} worker${count === 1 ? "" : "s"}` +
      `${count ? `, prefetch_factor ${prefetch[p]}` : ""}, loading costs ${costs[c]}: ` +
      `${takes.length} batches take the time of ${end / step} steps, and the model is idle for ` +
      `${idle} % of it.`;
  }
  for (const one of ["w", "p", "c"]) model.on(`change:${one}`, draw);
  draw();
}
export default { render };
