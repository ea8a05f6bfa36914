// Freshness and gentle reload.  Without this module every page works; it only has to be reloaded by hand.

import { settle } from "./steady.js";
import { away, tell } from "./trouble.js";

const LIVE = 5000; // ms between looks while something is unfinished
const CALM = 60000;
const IDLE = 60000; // ms without a key or a pointer after which looks at what is unfinished are rarer, too
const RARE = 30000;
const AGAIN = 3000; // after a look that was not answered
const PATIENCE = 10000; // ms for one answer
const STALE = 3; // intervals without an answer after which the page says that it is old

const freshness = document.getElementById("freshness");
let answered = performance.now();
let watched = answered; // since when the page is seen: a hidden one does not look
let touched = answered;
let missed = 0;
let planned = interval();
let source = sources(document);
let timer;

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
  if (missed) return AGAIN;
  if (!("live" in main().dataset)) return CALM;
  return idle() ? RARE : LIVE;
}

function age(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function show() {
  const now = performance.now();
  const stale = missed > 1 || (!document.hidden && now - Math.max(answered, watched) > STALE * planned);
  const since = age(now - answered);
  if (stale) freshness.textContent = `no answer for ${since}`;
  else freshness.textContent = selecting() ? "paused: text is selected" : `updated ${since} ago`;
  freshness.classList.toggle("stale", stale);
  away(stale);
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
  const changed = [...fresh.keys()].filter((name) => source.get(name) !== fresh.get(name));
  const whole = [pair("strip"), [main(), answer.getElementById("main")]];
  settle(sameParts ? changed.map(pair) : whole.filter(([old, replacement]) => old && replacement), sameParts);
  main().toggleAttribute("data-live", answer.getElementById("main").hasAttribute("data-live"));
  main().dataset.version = answer.getElementById("main").dataset.version ?? "";
  tell(answer);
  source = fresh;
}

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    // The server answers 204 and nothing while the page is still right; see monitor/polls.py.
    const headers = { "Phoenix-Version": main().dataset.version ?? "" };
    const response = await fetch(location.href, { cache: "no-store", redirect: "error", headers, signal });
    if (response.status >= 500) throw new Error(response.statusText);
    if (response.status !== 204 && !selecting()) {
      const text = await response.text();
      const answer = new DOMParser().parseFromString(text, "text/html");
      swap(answer);
    }
    answered = performance.now();
    missed = 0;
  } catch {
    missed += 1; // The box says how old the page is; the next look may succeed.
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

function seen() {
  watched = performance.now();
  look();
}

if (freshness) {
  setInterval(show, 1000);
  timer = setTimeout(look, planned);
  document.addEventListener("visibilitychange", seen);
  for (const input of ["keydown", "pointermove", "pointerdown"]) document.addEventListener(input, touch, { passive: true });
  show();
}
