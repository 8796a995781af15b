// Draws the figure on this page: a small stand-in for anywidget's model, one for each copy.
function mount(id, figure, state) {
  const all = [...document.querySelectorAll(`[id="${id}"], [id^="${id}-"]`)];
  const hosts = all.filter((e) => !e.live);
  const taken = new Set(all.filter((e) => e.live).map((e) => e.id));
  for (const host of hosts) {
    const values = { ...state };
    const heard = {};
    const model = {
      get: (key) => values[key],
      set(key, value) {
        if (values[key] === value) return;
        values[key] = value;
        for (const call of [...(heard[`change:${key}`] ?? [])]) call();
      },
      save_changes() {},
      on: (event, call) => (heard[event] ??= []).push(call),
      off: (event, call) => (heard[event] = (heard[event] ?? []).filter((c) => c !== call)),
    };
    const live = host.cloneNode(false); // if drawing fails, the words and the table stay
    live.live = true;
    figure.render({ model, el: live });
    host.replaceWith(live);
    live.id = id;
    for (let n = 2; taken.has(live.id); n += 1) live.id = `${id}-${n}`;
    taken.add(live.id);
  }
}
