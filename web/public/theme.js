// Says which theme was chosen before anything is drawn, so that no page flashes in the other one.
// A file of its own, since the page's policy allows no inline script. src/design/theme.ts changes it.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('telltale.theme');
  } catch {
    // Storage may be shut off; then the system's choice holds.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
