// What this reader has read and predicted, kept in this browser and nowhere else.
"use strict";
(() => {
  const KEY = "torchcourse";
  const EMPTY = { version: 1, read: {}, predicted: {}, quiz: null };
  const make = (tag, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };
  const usable = (value) =>
    value?.version === 1 && ["read", "predicted"].every((part) => value[part] && typeof value[part] === "object");
  let state = structuredClone(EMPTY);
  const shows = [];
  const load = () => {
    try {
      const found = JSON.parse(localStorage.getItem(KEY));
      if (usable(found)) state = { ...structuredClone(EMPTY), ...found };
    } catch {
      // Storage is switched off, or holds something else: this page then forgets when it closes.
    }
  };
  const change = (edit) => {
    load();
    edit();
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
    } catch {
      // As above.
    }
    for (const show of shows) show();
  };
  // Another tab has written, or the reader came back to a page that slept while others did.
  for (const event of ["storage", "pageshow"]) {
    addEventListener(event, ({ persisted }) => {
      if (persisted === false) return; // the page has just been loaded
      load();
      for (const show of shows) show();
    });
  }
  load();
  const page = document.documentElement.dataset.page;
  const article = document.querySelector(".bd-article");
  const today = () => new Date().toISOString().slice(0, 10);

  // A chapter can be marked as read, and the mark taken back.
  if (page.startsWith("chapters/")) {
    const button = make("button", { type: "button", className: "action" });
    const show = () => {
      const day = state.read[page];
      button.textContent = day ? `Read on ${day}` : "Mark as read";
      button.setAttribute("aria-pressed", String(Boolean(day)));
    };
    button.addEventListener("click", () => change(() => {
      if (state.read[page]) delete state.read[page];
      else state.read[page] = today();
    }));
    shows.push(show);
    article.append(make("p", { className: "read-mark" }, button, " Kept in this browser only."));
  }

  // A myth card shows its output after the reader's prediction.
  const cards = [...document.querySelectorAll("section")].filter((section) =>
    /^Myth \d+/.test(section.querySelector(":scope > h3")?.textContent ?? ""));
  const tally = make("p", { className: "tally", role: "status" });
  const count = () => {
    const given = Object.values(state.predicted);
    return [given.length, given.filter((one) => one.right).length];
  };
  const showTally = () => {
    const [given, right] = count();
    tally.textContent = `Predicted: ${given} of ${cards.length}, right: ${right}.`;
  };
  for (const card of cards) {
    const number = card.querySelector("h3").textContent.match(/\d+/)[0];
    const items = [...card.querySelectorAll(":scope > ul > li")];
    const verdict = card.querySelector(":scope > details");
    const right = verdict?.querySelector("strong")?.textContent.trim()[0];
    if (!items.length || !right) continue;
    const buttons = items.map((item) => {
      const text = item.textContent.trim();
      const button = make("button", { type: "button", className: "predict" });
      button.append(...(item.querySelector("p") ?? item).childNodes);
      item.replaceChildren(button);
      button.addEventListener("click", () => change(() => {
        state.predicted[number] ??= { choice: text[0], right: text[0] === right };
      }));
      return [text[0], button];
    });
    let opened = false; // once: the reader may close it again
    const show = () => {
      const given = state.predicted[number];
      card.toggleAttribute("data-waiting", !given);
      for (const [letter, button] of buttons) {
        button.disabled = Boolean(given);
        const notes = given ? [letter === given.choice && "your prediction", letter === right && "holds"] : [];
        const note = notes.filter(Boolean).join(": ");
        button.querySelector("small")?.remove();
        if (note) button.append(make("small", {}, ` (${note})`));
        button.classList.toggle("holds", Boolean(given) && letter === right);
      }
      if (given && !opened) verdict.open = opened = true;
    };
    card.closest("section").classList.add("myth");
    shows.push(show);
  }
  if (cards.length) {
    article.querySelector("h1").after(tally);
    shows.push(showTally);
  }

  // The quiz of chapter 0 tells its scores.
  document.addEventListener("torchcourse:quiz", (event) => {
    change(() => (state.quiz = { ...event.detail, day: today() }));
  });

  // The home page: what has been read, and the whole state as a file.
  const path = document.querySelector("table.course-path");
  if (path) {
    const says = make("p", { role: "status" });
    const status = make("p", { className: "note", role: "status" });
    const links = [...path.querySelectorAll("a")].map((link) => [link, `chapters/${link.pathname.split("/").pop().replace(".html", "")}`]);
    const show = () => {
      for (const [link, name] of links) {
        link.parentElement.querySelector(".read")?.remove();
        if (state.read[name]) link.after(make("span", { className: "read" }, " ✓ read"));
      }
      const [given, right] = count();
      const read = links.filter(([, name]) => state.read[name]).length;
      const quiz = state.quiz ? ` Quiz: ${state.quiz.scores}.` : "";
      says.textContent = `Read: ${read} of ${links.length} chapters. Myths predicted: ${given}, right: ${right}.${quiz}`;
    };
    const act = (text, onclick) => make("button", { type: "button", className: "action", textContent: text, onclick });
    const file = make("input", { type: "file", accept: ".json,application/json", hidden: true });
    file.addEventListener("change", async () => {
      try {
        const found = JSON.parse(await file.files[0].text());
        if (!usable(found)) throw new Error();
        change(() => (state = { ...structuredClone(EMPTY), ...found }));
        status.textContent = "Taken over from the file.";
      } catch {
        status.textContent = "This file holds no learning state of this course: choose one that was saved here.";
      }
      file.value = "";
    });
    const save = () => {
      const address = URL.createObjectURL(new Blob([JSON.stringify(state, null, 1)], { type: "application/json" }));
      make("a", { href: address, download: "torchcourse-progress.json" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    };
    const forget = () => {
      if (!confirm("Forget what was read and predicted in this browser?")) return;
      change(() => (state = structuredClone(EMPTY)));
    };
    const box = make("section", { className: "learning-state" },
      make("h3", {}, "What you have done"), says,
      make("p", { className: "actions" }, act("Save to a file", save), act("Load a file", () => file.click()), act("Forget", forget), file),
      status, make("p", { className: "note" }, "Kept in this browser, sent nowhere."));
    box.querySelector("h3").id = "what-you-have-done";
    box.setAttribute("aria-labelledby", "what-you-have-done");
    (path.closest(".table-box") ?? path).after(box);
    shows.push(show);
  }
  for (const show of shows) show();
})();
