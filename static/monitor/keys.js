// Keys: `g` and a letter leads to a page, `/` to the filter, `?` to the list of them all.
// They can be switched off, and never act while somebody types or holds a modifier.

const WAIT = 1500; // ms for the letter after `g`
const MEMORY = "phoenix.keys";

const dialog = document.getElementById("keys");
const opener = document.getElementById("keys-open");
const choice = document.getElementById("keys-on");
let after = -Infinity; // when `g` was pressed

export function on() {
  try {
    return localStorage.getItem(MEMORY) !== "off";
  } catch {
    return true; // a browser that remembers nothing
  }
}

function remember() {
  try {
    localStorage.setItem(MEMORY, choice.checked ? "on" : "off");
  } catch {
    // Then it holds for this page.
  }
  document.dispatchEvent(new CustomEvent("phoenix:keys"));
}

function typing(element) {
  return element.isContentEditable || element.matches("input, textarea, select");
}

function place(letter) {
  return [...document.querySelectorAll("nav [data-key]")].find((link) => link.dataset.key === letter);
}

function filter() {
  return document.querySelector("main [data-filter], main input[type=search]");
}

// What a key leads to; nothing for most keys.
function meant(key) {
  const chord = performance.now() - after < WAIT;
  after = key === "g" && !chord ? performance.now() : -Infinity;
  if (chord) return place(key) && (() => place(key).click());
  if (key === "?") return () => dialog.showModal();
  if (key !== "/" || !filter()) return undefined;
  return () => {
    filter().focus();
    filter().select?.();
  };
}

function pressed(event) {
  const modified = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  if (modified || event.defaultPrevented || !choice.checked || dialog.open || typing(event.target)) return;
  const act = meant(event.key);
  if (!act) return;
  event.preventDefault();
  act();
}

if (dialog) {
  choice.checked = on();
  choice.addEventListener("change", remember);
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  document.getElementById("keys-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
  document.addEventListener("keydown", pressed);
}
