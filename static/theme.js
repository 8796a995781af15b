// Before anything is drawn: a page with scripts is marked as one, and has the reader's theme.
// A file of its own: in Chromium, where the text of a page opened from a file asks for localStorage,
// some pages on a busy machine write what no other page sees, and do not see what others wrote. It
// looks as if the browser did not have the page in its books yet; `storage_problems` has figures.
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
