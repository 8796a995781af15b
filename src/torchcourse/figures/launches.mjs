// A model of asynchronous launches: two time lines, and the moment at which a clock is read.
function render({ model, el }) {
  const { n, kernels, launches, clocks } = model.get("data");
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
      value.textContent = `${values[now(key)]} µs`;
      input.setAttribute("aria-valuetext", value.textContent);
    };
    return [h("div", {}, h("p", {}, `${name} `, value), input), show];
  };
  const [kernel, showKernel] = slide("kernel", kernels, "a kernel runs for");
  const [launch, showLaunch] = slide("launch", launches, "a launch costs");
  const picks = radios("clock", clocks.map((text, i) => [i, text]), (i) => set("clock", i));
  const plot = h("div", { class: "tc-la", "aria-hidden": "true" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(
    h("div", { class: "tc-la-dials" }, kernel, launch),
    h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "clock is read" },
      h("span", {}, "clock is read"), ...picks), plot,
    h("p", { class: "tc-dim" }, "A model with fixed times, not a measurement. " +
      "Numbered boxes: launches above, kernels below; dashed: the CPU waits."), says);

  function show() {
    const [work, cost, clock] = [kernels[now("kernel")], launches[now("launch")], now("clock")];
    const boxes = [];
    let [cpu, free] = [0, 0];
    const box = (name, from, to, row, text) => boxes.push([name, from, to, row, text]);
    for (let i = 1; i <= n; i += 1) {
      box("cpu", cpu, cpu + cost, 0, i);
      const start = Math.max(cpu + cost, free);
      free = start + work;
      box("gpu", start, free, 1, i);
      if (clock === 2) box("wait", cpu + cost, free, 0, "");
      cpu = clock === 2 ? free : cpu + cost;
    }
    if (clock === 1) box("wait", cpu, free, 0, "");
    const read = clock ? free : cpu;
    const x = (t) => (320 * t) / free;
    plot.innerHTML = `<svg viewBox="0 -4 324 108"><text x="1" y="11">CPU</text>` +
      `<text x="1" y="58">device</text>${boxes.map(([name, from, to, row, text]) =>
        `<rect class="tc-la-${name}" data-from="${from}" data-to="${to}" x="${x(from).toFixed(1)}" ` +
        `y="${16 + 46 * row}" width="${x(to - from).toFixed(1)}" height="22"/>` +
        (x(to - from) > 9 ? `<text class="tc-la-n" x="${x((from + to) / 2).toFixed(1)}" ` +
          `y="${31 + 46 * row}">${text}</text>` : "")).join("")}<path d="M${x(read).toFixed(1)} 6V88"/>` +
      `<text class="tc-la-${read < free / 2 ? "l" : "r"}" x="${x(read).toFixed(1)}" y="100">` +
      `clock: ${read} µs</text></svg>`;
    check(picks, clock);
    showKernel();
    showLaunch();
    const missed = read < free ? `${free - read} µs too early` : "when all work is done";
    says.textContent = `In this model the clock, read ${clocks[clock]}, shows ${read} µs: ${missed}. ` +
      `The device ends at ${free} µs and was idle for ${free - n * work} µs of them.`;
  }
  for (const key of ["kernel", "launch", "clock"]) model.on(`change:${key}`, show);
  show();
}
export default { render };
