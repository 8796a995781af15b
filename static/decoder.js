// The search box of the error decoder: a pasted traceback in, the entries that fit it out.
"use strict";
(() => {
  const make = (tag, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };
  // Words of a message; numbers and quoted names differ from program to program.
  const words = (text) => text.toLowerCase().match(/[a-z_]{2,}/g) ?? [];
  const entries = [...document.querySelectorAll("section")].flatMap((section) => {
    const message = section.querySelector(":scope > h3 > code, :scope > h3 code");
    if (!message) return [];
    const parts = message.textContent.split("…").map((part) => part.trim().toLowerCase()).filter(Boolean);
    return [{ section, message: message.textContent, parts, words: new Set(words(message.textContent)) }];
  });
  const rare = (word) => Math.log(1 + entries.length / (1 + entries.filter((entry) => entry.words.has(word)).length));
  // All parts of the message, in their order, count more than any number of common words.
  const whole = (entry, text) => {
    let from = 0;
    for (const part of entry.parts) {
      const at = text.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return true;
  };
  const score = (entry, text, given) => {
    const shared = [...entry.words].filter((word) => given.has(word));
    const sum = (all) => all.reduce((total, word) => total + rare(word), 0);
    // Of the entry's words, how many were given; of a few given words, how many are the entry's.
    const part = shared.length > 2 ? 0.9 * sum(shared) / sum([...given]) : 0;
    const share = Math.max(sum(shared) / sum([...entry.words]), part);
    return share + (whole(entry, text) ? 1 + entry.parts.join("").length / 1000 : 0);
  };

  const box = document.querySelector("#decoder");
  const status = document.querySelector(".decoder [role=status]");
  const list = document.querySelector(".decoded");
  const find = () => {
    const text = box.value.replace(/\s+/g, " ").toLowerCase();
    // The message stands in the last lines; the frames above it only add words.
    const last = box.value.trim().split("\n").slice(-6).join(" ");
    const given = new Set(words(last));
    const found = entries.map((entry) => [score(entry, text, given), entry])
      .filter(([points]) => points > 0.5).sort((a, b) => b[0] - a[0]).slice(0, 3);
    list.replaceChildren(...found.map(([, { section, message }]) =>
      make("li", {}, make("a", { href: `#${section.id}` }, make("code", {}, message)))));
    status.textContent = !box.value.trim() ? `${entries.length} messages can be found here.`
      : found.length > 1 ? `${found.length} entries fit, the best first.`
        : found.length ? "One entry fits."
          : "No entry fits. Paste the last line of the traceback, the one that names the error.";
  };
  box.addEventListener("input", find);
  find();
})();
