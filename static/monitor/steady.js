// Updates that leave focus, pointer and reading position where they are.
// A part whose update would move the row under the pointer, or the one with the focus, waits: "3 new – show".

const ROW = "tbody tr";
const PLACES = "a[href], button, input, select, summary, th, td";
const SOON = 2000; // ms
const button = document.createElement("button");
const waiting = new Map(); // part → its replacement
let timer;

function key(row) {
  return row.querySelector("a[href]")?.getAttribute("href") ?? row.textContent.trim();
}

function keys(root) {
  return [...root.querySelectorAll(ROW)].map(key);
}

// The row that the reader has in hand, if it is in this part.
function inHand(root) {
  const focused = root.contains(document.activeElement) && document.activeElement.closest(ROW);
  return root.querySelector(`${ROW}:hover`) ?? (focused || null);
}

// Whether the row in hand would be elsewhere, or be gone.
function moves(old, fresh) {
  const row = inHand(old);
  if (!row) return false;
  const before = keys(old);
  const until = [...old.querySelectorAll(ROW)].indexOf(row) + 1;
  return before.slice(0, until).join("\n") !== keys(fresh).slice(0, until).join("\n");
}

// A function that finds an element again among others that look the same.
function trace(element) {
  const row = element.closest(ROW);
  if (row) {
    const known = key(row);
    const position = [...row.querySelectorAll(PLACES)].indexOf(element);
    const again = (root) => [...root.querySelectorAll(ROW)].find((other) => key(other) === known);
    return (root) => (position < 0 ? again(root) : again(root)?.querySelectorAll(PLACES)[position]);
  }
  const same = (other) => other.id || other.getAttribute("href") || other.textContent;
  const known = same(element);
  return (root) => [...root.querySelectorAll(element.tagName)].find((other) => same(other) === known);
}

// What the reader has in hand: where the focus is, which details are open, how far boxes are scrolled.
function hold(root) {
  const find = root.contains(document.activeElement) && trace(document.activeElement);
  const open = [...root.querySelectorAll("details")].map((element) => element.open);
  const scrolled = [...root.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
  return () => {
    root.querySelectorAll("details").forEach((element, index) => {
      if (open[index]) element.open = true;
    });
    root.querySelectorAll(".scroll").forEach((box, index) => {
      if (scrolled[index]) box.scrollTo(...scrolled[index]);
    });
    if (find) find(root)?.focus({ preventScroll: true });
  };
}

function replace(old, replacement) {
  const restore = hold(old);
  old.replaceChildren(...replacement.childNodes);
  old.className = replacement.className;
  document.dispatchEvent(new CustomEvent("phoenix:replaced", { detail: old }));
  restore();
}

// Change the page, and scroll by as much as that has moved what is in hand.
function anchored(change) {
  const anchor = inHand(document.body);
  const top = anchor?.getBoundingClientRect().top;
  const find = anchor && trace(anchor);
  change();
  const again = anchor?.isConnected ? anchor : find && find(document.body);
  if (again) scrollBy({ top: again.getBoundingClientRect().top - top, behavior: "instant" });
}

function apply(ready) {
  for (const part of ready) {
    const replacement = waiting.get(part);
    waiting.delete(part);
    anchored(() => replace(part, replacement));
  }
  offer();
}

function offer() {
  const fresh = [...waiting].flatMap(([part, replacement]) => {
    const known = new Set(keys(part));
    return keys(replacement).filter((each) => !known.has(each));
  });
  button.textContent = fresh.length ? `${fresh.length} new – show` : "changed – show";
  button.hidden = waiting.size === 0;
}

// What waited comes soon after nobody has a row of it in hand; but not while somebody goes for the button.
function release() {
  clearTimeout(timer);
  if (!waiting.size) return;
  timer = setTimeout(() => {
    if (!button.matches(":hover")) apply([...waiting.keys()].filter((part) => !inHand(part)));
  }, SOON);
}

// Replace parts of the page, pairs of old and new; those that may wait do so while their rows are in hand.
export function settle(pairs, mayWait) {
  if (!mayWait) waiting.clear();
  for (const [old, replacement] of pairs) {
    waiting.delete(old);
    if (mayWait && moves(old, replacement)) waiting.set(old, replacement);
    else anchored(() => replace(old, replacement));
  }
  offer();
}

button.type = "button";
button.className = "primary pending";
button.hidden = true;
button.addEventListener("click", () => apply([...waiting.keys()]));
document.body.append(button);
for (const event of ["pointerover", "focusin"]) document.addEventListener(event, release);
