// Tables marked data-grid: one tab stop each, arrows walk through their cells (the grid pattern of WAI-ARIA).

import { on } from "./keys.js";

const ACTIVE = "a[href], button, input, select, summary";
const PAGE = 10; // rows

// Where arrows halt in a cell: at its links and buttons, else at the cell itself.
function stops(cell) {
  const active = [...cell.querySelectorAll(ACTIVE)];
  return active.length ? active : [cell];
}

function rows(table) {
  const walked = [...table.rows].filter((row) => row.closest("tbody") || row.querySelector(ACTIVE));
  return walked.map((row) => [...row.cells].map(stops));
}

function prepare(table) {
  const all = rows(table).flat(2);
  if (on()) {
    const first = table.querySelector(`tbody :is(${ACTIVE})`) ?? all[0];
    for (const stop of all) stop.tabIndex = stop === first ? 0 : -1;
    table.setAttribute("role", "grid");
    const named = table.closest("[aria-labelledby]")?.getAttribute("aria-labelledby");
    if (named) table.setAttribute("aria-labelledby", named);
  } else {
    for (const stop of all) stop.removeAttribute("tabindex");
    table.removeAttribute("role");
  }
}

function prepareAll(root) {
  root.querySelectorAll("table[data-grid]").forEach(prepare);
}

// Row, cell and stop of an element.
function position(grid, element) {
  for (const [y, row] of grid.entries()) {
    for (const [x, cell] of row.entries()) if (cell.includes(element)) return [y, x, cell.indexOf(element)];
  }
  return undefined;
}

function upright(grid, [y, x, n], by) {
  const row = grid[Math.min(Math.max(y + by, 0), grid.length - 1)];
  const cell = row[Math.min(x, row.length - 1)];
  return cell[Math.min(n, cell.length - 1)];
}

function target(grid, at, { key, ctrlKey }) {
  const row = grid[at[0]].flat();
  const along = row.indexOf(grid[at[0]][at[1]][at[2]]);
  const ends = ctrlKey ? grid.flat(2) : row;
  if (key === "Home") return ends[0];
  if (key === "End") return ends.at(-1);
  if (ctrlKey) return undefined;
  if (key === "ArrowLeft") return row[Math.max(along - 1, 0)];
  if (key === "ArrowRight") return row[Math.min(along + 1, row.length - 1)];
  const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -PAGE, PageDown: PAGE }[key];
  return steps && upright(grid, at, steps);
}

function pressed(event) {
  const table = event.target.closest("table[role=grid][data-grid]");
  if (!table || event.altKey || event.metaKey || event.shiftKey || event.target.matches("input, select")) return;
  const grid = rows(table);
  const at = position(grid, event.target);
  const next = at && target(grid, at, event);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

// The tab stop is where the focus was last.
function focused(event) {
  const table = event.target.closest("table[role=grid][data-grid]");
  if (!table || !event.target.hasAttribute("tabindex")) return;
  for (const stop of table.querySelectorAll('[tabindex="0"]')) stop.tabIndex = -1;
  event.target.tabIndex = 0;
}

prepareAll(document);
document.addEventListener("keydown", pressed);
document.addEventListener("focusin", focused);
document.addEventListener("phoenix:replaced", (event) => prepareAll(event.detail));
document.addEventListener("phoenix:keys", () => prepareAll(document));
