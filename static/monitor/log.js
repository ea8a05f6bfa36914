// The log of a running recipe grows at its end, by line numbers.  Without this module it is as long as at the last load.

const PAUSE = 5000; // ms between looks while the recipe runs and the page is seen

async function grow() {
  const box = document.querySelector("pre[data-follow]");
  if (!box || document.hidden || !document.getSelection().isCollapsed) return;
  const known = box.querySelectorAll("a[id]").length;
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  try {
    const answer = await fetch(`${box.dataset.follow}&from_line=${known + 1}`, { cache: "no-store", redirect: "error" });
    if (answer.status !== 200) return;
    box.insertAdjacentHTML("beforeend", `\n${await answer.text()}`);
    if (atEnd) box.scrollTop = box.scrollHeight;
  } catch {
    // The next look may succeed; the box of the page's age says how old it is.
  }
}

if (document.querySelector("[data-live]")) setInterval(grow, PAUSE);
