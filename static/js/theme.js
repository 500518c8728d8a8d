// Loaded before the first paint, so that a page never flashes in the other theme.
const saved = localStorage.getItem("theme");
if (saved) document.documentElement.dataset.bsTheme = saved;
