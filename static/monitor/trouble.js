// Trouble for those who do not look at the page: its title, its icon, and words for screen readers.

const shape = '<rect width="32" height="32" rx="7" fill="#5f6b76"/><path d="M11 12a5 5 0 1 1 7 5q-2 1-2 4m0 4v1" ';
const stroke = 'fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round"/>';
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shape}${stroke}</svg>`;
const AWAY = `data:image/svg+xml,${encodeURIComponent(drawing)}`; // no server is there to ask for a file

const icon = document.getElementById("icon");
const speaker = document.getElementById("speaker");
let known = read(document);
let gone = false;

function read(page) {
  const words = page.querySelector('meta[name="trouble"]')?.content ?? "";
  return { title: page.title, icon: page.getElementById("icon")?.getAttribute("href"), words };
}

function paint() {
  const title = gone ? `? ${known.title}` : known.title;
  const href = gone ? AWAY : known.icon;
  if (document.title !== title) document.title = title;
  if (href && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

// Take over what a newer answer says; only a change of what is stopped, held or failed is spoken.
export function tell(answer) {
  const before = known.words;
  known = read(answer);
  if (known.words && known.words !== before) speaker.textContent = known.words;
  paint();
}

// The server has stopped answering, or answers again.
export function away(isAway) {
  if (isAway === gone) return;
  gone = isAway;
  if (gone) speaker.textContent = "no answer from the server";
  paint();
}
