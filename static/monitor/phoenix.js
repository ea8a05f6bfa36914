// Freshness and gentle reload.  Without this module every page works; it only has to be reloaded by hand.

const LIVE = 5000; // ms between looks while something is unfinished
const CALM = 60000;
const IDLE = 60000; // ms without a key or a pointer after which looks at what is unfinished are rarer, too
const RARE = 30000;
const STALE = 3; // missed looks after which the page says that it is old

const freshness = document.getElementById("freshness");
let answered = performance.now();
let source = sources(document);
let timer;
let touched = performance.now();
let planned = interval();

function parts(root) {
  return new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
}

function sources(root) {
  return new Map([...parts(root)].map(([name, part]) => [name, part.innerHTML]));
}

function main() {
  return document.getElementById("main");
}

function idle() {
  return performance.now() - touched > IDLE;
}

function interval() {
  if (!("live" in main().dataset)) return CALM;
  return idle() ? RARE : LIVE;
}

function age(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function show() {
  const since = performance.now() - answered;
  const stale = since > STALE * planned;
  freshness.textContent = stale ? `no answer for ${age(since)}` : `updated ${age(since)} ago`;
  freshness.classList.toggle("stale", stale);
}

// What the reader has in hand: where the focus is, which details are open, how far boxes are scrolled.
function hold(root) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const same = (element) => element.id || element.getAttribute("href") || element.textContent;
  const focus = active && { tag: active.tagName, same: same(active) };
  const open = [...root.querySelectorAll("details[open][id]")].map((element) => element.id);
  const scrolled = [...root.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
  return () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    root.querySelectorAll(".scroll").forEach((box, index) => {
      if (scrolled[index]) box.scrollTo(...scrolled[index]);
    });
    if (!focus) return;
    const candidates = [...root.querySelectorAll(focus.tag)];
    candidates.find((element) => same(element) === focus.same)?.focus({ preventScroll: true });
  };
}

function selecting() {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && main().contains(selection.anchorNode);
}

function swap(answer) {
  const fresh = sources(answer);
  const shown = parts(document);
  const sameParts = [...fresh.keys()].join() === [...source.keys()].join();
  const pair = (name) => [shown.get(name), parts(answer).get(name)];
  const whole = [pair("strip"), [main(), answer.getElementById("main")]];
  const roots = sameParts ? [...fresh.keys()].map(pair) : whole;
  for (const [old, replacement] of roots) {
    const name = old.dataset.part;
    if (name && source.get(name) === fresh.get(name)) continue;
    const restore = hold(old);
    old.replaceChildren(...replacement.childNodes);
    old.className = replacement.className;
    restore();
  }
  main().toggleAttribute("data-live", answer.getElementById("main").hasAttribute("data-live"));
  main().dataset.version = answer.getElementById("main").dataset.version ?? "";
  document.title = answer.title;
  source = fresh;
}

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    // The server answers 204 and nothing while the page is still right; see monitor/polls.py.
    const headers = { "Phoenix-Version": main().dataset.version ?? "" };
    const response = await fetch(location.href, { cache: "no-store", redirect: "error", headers });
    if (response.status === 204) {
      answered = performance.now();
    } else if (response.ok && !selecting()) {
      const text = await response.text();
      const answer = new DOMParser().parseFromString(text, "text/html");
      swap(answer);
      answered = performance.now();
    }
  } catch {
    // The box says how old the page is; the next look may succeed.
  }
  planned = interval();
  show();
  timer = setTimeout(look, planned);
}

function touch() {
  const rested = idle();
  touched = performance.now();
  if (rested && planned === RARE) look();
}

if (freshness) {
  setInterval(show, 1000);
  timer = setTimeout(look, planned);
  document.addEventListener("visibilitychange", look);
  for (const input of ["keydown", "pointermove", "pointerdown"]) document.addEventListener(input, touch, { passive: true });
  show();
}
