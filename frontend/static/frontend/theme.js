// Runs before the page is drawn, so that no other theme flashes up.
(() => {
  let choice = null;
  try { choice = localStorage.getItem("theme"); } catch { /* storage is off: the system's theme */ }
  document.documentElement.dataset.theme = choice === "light" || choice === "dark" ? choice : "system";
})();
