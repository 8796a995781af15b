// Before anything is drawn: a page with scripts is marked as one, and has the reader's theme.
// A file of its own, for the text of a page that was opened from a file is read before the browser
// has the page in its books. A first look at localStorage so early gets no connection in Chromium:
// what this page then writes is lost, and what others wrote it does not see.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  let theme;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage is switched off: the system's theme is followed.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = ["dark", "light"].includes(theme) ? theme : dark ? "dark" : "light";
})();
