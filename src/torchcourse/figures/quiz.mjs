// The diagnostic quiz: one question at a time, then a score for each subject and a path.
function render({ model, el }) {
  const { subjects, asks: what, questions, unsure, advice, paths } = model.get("data");
  const total = questions.length;
  const shown = () => Math.min(Math.max(Number(model.get("shown")), 0), total);
  const picked = () => model.get("answers")[shown()];
  const isRight = (i) => model.get("answers")[i] === questions[i].right;
  const set = (key, value) => {
    model.set(key, value);
    model.save_changes();
  };

  const title = h("p", { class: "tc-quiz-title" });
  const marks = h("p", { class: "tc-quiz-marks", "aria-hidden": "true" });
  // After an answer the keyboard goes to the next step, and then to the new question.
  const task = h("div", { class: "tc-quiz-task", tabindex: -1, role: "group" });
  const list = h("div", {
    class: "tc-quiz-options", role: "group", "aria-label": "answers", onkeydown(event) {
      const buttons = [...list.children];
      const to = step(event, [buttons.indexOf(event.target), 0], buttons.length, () => 1);
      if (to) buttons[to[0]].focus();
    },
  });
  const says = h("p", { class: "tc-says", role: "status", "aria-live": "polite" });
  const go = h("button", { type: "button", class: "tc-quiz-go", onclick: forward });
  open(el, model).append(title, marks, task, list, says, go);
  el.addEventListener("keydown", (event) => {
    const number = Number(event.key);
    if (event.ctrlKey || event.metaKey || event.altKey || !(number >= 1)) return;
    if (shown() < total && number <= questions[shown()].options.length + 1) pick(number - 1);
  });

  function pick(option) {
    if (picked() !== undefined) return;
    set("answers", [...model.get("answers").slice(0, shown()), option]);
    go.focus();
  }
  function forward() {
    if (shown() === total) {
      set("answers", []);
      set("shown", 0);
    } else if (picked() !== undefined) {
      set("shown", shown() + 1);
    } else return;
    task.focus();
  }

  function question() {
    const { subject, asks, code, options, right } = questions[shown()];
    const answer = picked();
    const place = `Question ${shown() + 1} of ${total}`;
    title.textContent = `${place} · ${subjects[subject]}`;
    task.setAttribute("aria-label", place);
    task.replaceChildren(h("p", {}, asks || what), h("div", { class: "tc-quiz-code" }, code));
    list.replaceChildren(...[...options, [unsure]].map(([text], i) => {
      const note = answer === undefined ? ""
        : [i === answer && "your answer", i === right && "right"].filter(Boolean).join(": ");
      const kind = answer === undefined || !note ? "" : i === right ? " tc-quiz-yes" : " tc-quiz-no";
      return h("button", {
        type: "button", class: `tc-quiz-option${kind}`, onclick: () => pick(i),
        "aria-disabled": answer !== undefined && "true",
      }, h("b", {}, String(i + 1)), h("span", { class: text === unsure ? "" : "tc-code" }, text),
        h("small", {}, note));
    }));
    const [name, why] = options[right];
    says.textContent = answer === undefined
      ? `${place}, ${subjects[subject]}. Pick an answer, or press its number.`
      : answer === right ? `Right. ${why}`
        : answer < options.length ? `Not this one. ${options[answer][1]} The answer is ${name}.`
          : `The answer is ${name}. ${why}`;
    go.textContent = shown() + 1 < total ? "Next question" : "Show my path";
    go.setAttribute("aria-disabled", String(answer === undefined));
  }

  function result() {
    const mine = (subject) => questions.map((q, i) => i).filter((i) => questions[i].subject === subject);
    const scores = subjects.map((_, subject) => mine(subject).filter(isRight).length);
    const told = subjects.map((name, i) => `${name} ${scores[i]} of ${mine(i).length}`);
    title.textContent = "Your scores";
    task.setAttribute("aria-label", "Your scores");
    task.replaceChildren(...subjects.map((_, i) => h("p", {},
      h("b", {}, told[i]), h("br"), advice[i].find(([least]) => least <= scores[i])[1])));
    list.replaceChildren();
    el.dispatchEvent(new CustomEvent("torchcourse:quiz", { bubbles: true, detail: { scores: told.join(", ") } }));
    const [, path] = paths.find(([least]) => least.every((n, i) => n <= scores[i]));
    says.textContent = `${told.join(", ")}. ${path}`;
    go.textContent = "Start again";
    go.setAttribute("aria-disabled", "false");
  }

  function draw() {
    marks.replaceChildren(...questions.map((_, i) => h("span", {
      class: i === shown() ? "tc-quiz-now" : "",
    }, i < model.get("answers").length ? (isRight(i) ? "✓" : "✗") : "·")));
    (shown() < total ? question : result)();
  }
  for (const key of ["answers", "shown"]) model.on(`change:${key}`, draw);
  draw();
}
export default { render };
