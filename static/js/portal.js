// The portal's own script: theme, `/` to search, copying, ticked rows, news of a list, and what a link leads to in a fold. Everything else is a link, a form or hx-*.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const root = document.documentElement;
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.bsTheme);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.querySelector("[data-search]")?.focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copyFrom);
  navigator.clipboard?.writeText(from ? from.textContent : button.dataset.copy);
  button.textContent = "Copied";
});

// The bar is there while rows are ticked, and says how many.
function tally(event) {
  const boxes = [...document.querySelectorAll("input[form=bulk][type=checkbox]")];
  const all = document.querySelector("[data-select-all]");
  if (!all) return;
  all.hidden = false;
  if (event?.target === all) boxes.forEach((box) => { box.checked = all.checked; });
  boxes.forEach((box) => box.closest("tr").setAttribute("aria-selected", box.checked));
  const ticked = boxes.filter((box) => box.checked).length;
  const bar = document.getElementById("bulk");
  bar.hidden = ticked === 0;
  bar.querySelector("[data-chosen]").textContent = `${ticked} ticked`;
}
document.addEventListener("change", tally);
document.addEventListener("htmx:afterSwap", tally);
tally();

// Who cannot see a list hears how long it became; who came to its next page by keyboard goes on there.
document.addEventListener("htmx:afterSwap", (event) => {
  const rows = event.detail.target; // none where the browser goes back
  const told = document.getElementById("told");
  if (!told || rows?.id !== "rows") return;
  const count = rows.querySelectorAll("tbody tr").length;
  told.textContent = count ? `${count} rows` : rows.textContent.trim();
  document.getElementById("failed").hidden = true;
  if (document.activeElement === document.body) rows.focus();
});
["htmx:responseError", "htmx:sendError"].forEach((name) => document.addEventListener(name, () => {
  const failed = document.getElementById("failed");
  if (failed) failed.hidden = false;
}));

// Not every browser opens the fold that holds what the address leads to.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target?.closest("details:not([open])");
  if (!fold) return;
  fold.open = true;
  target.scrollIntoView();
  target.focus();
}
window.addEventListener("hashchange", unfold);
unfold();
