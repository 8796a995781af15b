// Menu, theme, search and copy buttons. Every page works as text without this script.
"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector) => document.querySelector(selector);

  // Menu: a drawer on narrow screens. Focus goes in with it and comes back with it.
  const menu = find(".menu-button");
  const nav = find(".site-nav");
  const setMenu = (open) => {
    root.classList.toggle("menu-open", open);
    menu.setAttribute("aria-expanded", String(open));
  };
  menu.addEventListener("click", () => {
    const open = !root.classList.contains("menu-open");
    setMenu(open);
    if (open) nav.querySelector("a").focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.classList.contains("menu-open")) {
      setMenu(false);
      menu.focus();
    }
  });
  document.addEventListener("click", (event) => {
    const inside = nav.contains(event.target) || menu.contains(event.target);
    if (!inside && root.classList.contains("menu-open")) setMenu(false);
  });
  nav.addEventListener("focusout", (event) => {
    const to = event.relatedTarget;
    if (to && !nav.contains(to) && !menu.contains(to)) setMenu(false);
  });

  // Theme: the reader's choice is remembered; without one, the system's is followed.
  const theme = find(".theme-button");
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off
    }
  };
  const showTheme = (name) => {
    root.dataset.theme = name;
    theme.setAttribute("aria-pressed", String(name === "dark"));
  };
  showTheme(root.dataset.theme);
  theme.addEventListener("click", () => {
    showTheme(root.dataset.theme === "dark" ? "light" : "dark");
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // The choice then lasts for this page.
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
    if (!stored()) showTheme(event.matches ? "dark" : "light");
  });

  // Search: one field, in a dialog; on the search page, in the page.
  const search = find(".search-button");
  const dialog = find(".search-dialog");
  if (search && dialog) {
    search.addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  // Contents of the page: open beside the text, closed above it.
  const contents = find(".page-contents details");
  if (contents) contents.open = matchMedia("(min-width: 76rem)").matches;

  // What is drawn: an entry of a long page waits until a reader comes near it. What is not drawn
  // yet is made ready when it is: measuring would draw it, and its place is not its own yet.
  const drawn = (box) => box.checkVisibility?.({ contentVisibilityAuto: true }) ?? true;

  // What has to scroll sideways can be reached and scrolled with the keyboard.
  const scrollers = [
    [".table-box", "Table, scrolls sideways"],
    [".highlight pre", "Code, scrolls sideways"],
    [".output.text_html", "Output, scrolls sideways"],
    [".katex-display", "Formula, scrolls sideways"],
    [".needs", "Drawing, scrolls sideways"],
  ];
  const mark = (inside) => {
    const boxes = scrollers.flatMap(([selector, label]) =>
      [...inside.querySelectorAll(selector)].filter(drawn).map((box) => [box, label]));
    // All are measured before the first is changed: a change makes the browser lay out anew.
    const wide = boxes.map(([box]) => box.scrollWidth > box.clientWidth);
    boxes.forEach(([box, label], number) => {
      if (wide[number]) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", label);
      } else if (box.getAttribute("role") === "group") {
        for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      }
    });
  };

  // A copy button on each code cell.
  const copyButton = (box) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(box.querySelector("pre").textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    return button;
  };
  const addCopyButtons = (inside) => {
    if (!navigator.clipboard) return;
    const boxes = inside.querySelectorAll(".cell_input .highlight:not(:has(> .copy-button))");
    for (const box of [...boxes].filter(drawn)) box.append(copyButton(box));
  };

  const makeReady = (inside) => {
    mark(inside);
    addCopyButtons(inside);
  };
  addEventListener("load", () => makeReady(document));
  addEventListener("resize", () => makeReady(document));
  // Code inside <details> gets its width when they are opened.
  for (const drawing of ["toggle", "contentvisibilityautostatechange"]) {
    document.addEventListener(drawing, (event) => makeReady(event.target), true);
  }
})();
