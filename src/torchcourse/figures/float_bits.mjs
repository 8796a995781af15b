// One number in one float format: its bits, its value, and the gap to the next number.
function render({ model, el }) {
  const { formats } = model.get("data");
  const format = () => formats[Number(model.get("format"))];
  const set = (changes) => {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  };
  let at = 0;
  const short = (x, wide = 6) => {
    if (!Number.isFinite(x)) return String(x).replace("Infinity", "inf").replace("NaN", "nan");
    if (Object.is(x, -0)) return "-0";
    const [digits, power] = x.toPrecision(wide).split("e");
    const plain = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
    if (power) return `${plain}e${Number(power)}`;
    if (x === 0 || Math.abs(x) >= 1e-4) return plain;
    return x.toExponential(wide - 1).replace(/\.?0+e/, "e");
  };

  // The number that bits hold, and the gap above it: 2 to the exponent, times the last bit.
  function read(bits, { exponent, fraction, lowest, inf }) {
    const sign = bits[0] === "1" ? -1 : 1;
    const [e, f] = [bits.slice(1, exponent + 1), bits.slice(exponent + 1)];
    const power = parseInt(e, 2);
    const gap = 2 ** (lowest + Math.max(power - 1, 0) - fraction);
    const whole = parseInt(f, 2);
    const full = !e.includes("0");
    if (full && inf) return [whole ? NaN : sign * Infinity, NaN];
    if (full && !f.includes("0")) return [NaN, NaN];
    return [sign * ((power ? 2 ** fraction : 0) + whole) * gap, gap];
  }

  // The bits that are nearest to a number, a tie going to the even one; first it becomes a float32.
  function write(asked, { bits, exponent, fraction, lowest, max, inf }) {
    const x = Math.abs(Math.fround(asked));
    const sign = asked < 0 || Object.is(asked, -0) ? "1" : "0";
    const ones = "1".repeat(exponent);
    const beyond = sign + (inf ? ones.padEnd(bits - 1, "0") : ones.padEnd(bits - 2, "1") + "0");
    if (Number.isNaN(x)) return "0" + "1".repeat(bits - 1);
    if (x === Infinity) return beyond;
    let power = lowest;
    while (x >= 2 ** (power + 1)) power += 1;
    const gap = 2 ** (power - fraction);
    let n = Math.floor(x / gap);
    const rest = x / gap - n;
    if (rest > 0.5 || (rest === 0.5 && n % 2)) n += 1;
    if (n * gap > max) return beyond;
    return sign + ((power - lowest) * 2 ** fraction + n).toString(2).padStart(bits - 1, "0");
  }

  const picks = radios("format", formats.map((one, i) => [i, one.name]), (i) => {
    const wish = model.get("asked");
    const value = wish === "" ? read(model.get("bits"), format())[0] : Number(wish);
    set({ bits: write(value, formats[i]), asked: short(value), format: Number(i) });
  });
  const field = h("input", {
    type: "text", inputmode: "decimal", "aria-label": "a number to store", size: 12,
    oninput: () => {
      const text = field.value.trim();
      if (text !== "" && !Number.isNaN(Number(text))) {
        set({ bits: write(Number(text), format()), asked: text });
      }
    },
  });
  const row = h("div", {
    class: "tc-fb", role: "group", "aria-label": "bits", onkeydown: (event) => {
      const to = step(event, [0, at], 1, () => format().bits);
      if (to) {
        at = to[1];
        show();
        row.querySelector('[tabindex="0"]').focus();
      }
    },
  });
  const value = h("p", { class: "tc-fb-value tc-code" });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  open(el, model).append(
    h("div", { class: "tc-bar", role: "radiogroup", "aria-label": "format" }, ...picks),
    h("div", { class: "tc-bar" }, h("label", {}, "store ", field)), row, value, says);

  function flip(i) {
    const bits = model.get("bits");
    at = i;
    set({ asked: "", bits: bits.slice(0, i) + (bits[i] === "1" ? "0" : "1") + bits.slice(i + 1) });
    row.querySelector('[tabindex="0"]').focus();
  }

  function sentence(stored, gap) {
    const { name, least, max, lowest } = format();
    const wish = model.get("asked");
    const asked = Number(wish);
    const becomes = `${name}: ${short(asked)} becomes ${short(stored, 9)}`;
    if (wish !== "" && asked && Number.isFinite(asked)) {
      if (!stored) return `${becomes}: underflow. The smallest number above 0 is ${short(least)}.`;
      const over = `${becomes}: overflow. The largest number is ${short(max)}`;
      if (!Number.isFinite(stored)) return `${over}.`;
      if (!format().inf && Math.abs(asked) > max + gap / 2) return `${over}; older versions stored nan.`;
    }
    const from = wish === "" || asked === stored || Number.isNaN(stored)
      ? `${name}: the bits hold ${short(stored, 9)}`
      : `${becomes}, ${short(100 * Math.abs(stored / asked - 1))} % off`;
    if (!Number.isFinite(stored)) return `${from}, which is not a finite number.`;
    const small = Math.abs(stored) < 2 ** lowest ? " It is subnormal: digits are being lost." : "";
    return `${from}. The distance to the next number is ${short(gap)}.${small}`;
  }

  function show() {
    const { bits: wide, exponent } = format();
    const bits = model.get("bits");
    at = Math.min(at, wide - 1);
    check(picks, Number(model.get("format")));
    const part = (i) => (i === 0 ? "sign" : i <= exponent ? "exponent" : "fraction");
    row.replaceChildren(...["sign", "exponent", "fraction"].map((name) =>
      h("div", { class: `tc-fb-${name}` }, h("span", { class: "tc-dim" }, name), h("div", {},
        ...[...bits].flatMap((bit, i) => (part(i) === name ? [h("button", {
          type: "button", "aria-pressed": String(bit === "1"), tabindex: i === at ? 0 : -1,
          "aria-label": `bit ${wide - 1 - i}, ${name}`, onclick: () => flip(i),
        }, bit)] : []))))));
    const [stored, gap] = read(bits, format());
    if (document.activeElement !== field) field.value = model.get("asked") || short(stored, 9);
    value.textContent = short(stored, 9);
    says.textContent = sentence(stored, gap);
  }
  for (const key of ["format", "bits", "asked"]) model.on(`change:${key}`, show);
  show();
}
export default { render };
