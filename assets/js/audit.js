/* The keys of the workbench (components/audit/bench.py): Alt+P passes, Alt+R returns, Alt+N goes on. */
(function () {
  "use strict";

  const KEYS = { KeyP: "bench-pass", KeyR: "bench-return", KeyN: "bench-next" };

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const button = KEYS[event.code] && document.getElementById(KEYS[event.code]);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();
