// Runs before the first paint. `design/theme.ts` takes over when the page lives; both read the same key.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('clawpool.theme');
  } catch {
    // Storage may be forbidden: the system's theme then.
  }
  const dark = choice === 'dark' || (choice !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
