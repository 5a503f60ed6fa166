/* The address and the history: steps that a page takes by itself, and Back to the same place. */
(function () {
  "use strict";

  const here = () => window.location.pathname + window.location.search;

  /* ---- steps without a navigation ---- */

  let known = null; // the query string that Dash has last been told
  let shown = null; // the address that the page shows, where it has changed it by itself

  /* The address follows what a page shows. isStep: Back leads to what it showed before. */
  function follow(search, isStep) {
    const address = window.location.pathname + search;
    if (address !== here()) {
      if (isStep) window.history.pushState({}, "", address);
      else window.history.replaceState(window.history.state, "", address);
    }
    shown = address;
  }

  function toldDash(search) {
    known = search || "";
  }

  /* Dash draws a page anew where the address is another than it knows; of the page's own steps it
   * knows nothing, so that Back to the first of them would leave the page as it is. */
  window.addEventListener("popstate", () => {
    const was = shown;
    shown = null;
    const isSamePage = was !== null && was.split("?")[0] === window.location.pathname;
    if (isSamePage && was !== here() && known === window.location.search) {
      window.dash_clientside.set_props("_pages_location", { search: window.location.search });
    }
  });

  /* ---- places ---- */

  const STEP_MS = 100;
  const QUIET_STEPS = 5; // nothing asked and nothing drawn: the page is there
  const IDLE_STEPS = 80; // nothing asked, and the place is still not there: the page has become shorter
  const GRID = ".ag-body-viewport";
  let restoring = null;

  function place() {
    const grid = document.querySelector(GRID);
    return { y: Math.round(window.scrollY), grid: grid ? Math.round(grid.scrollTop) : 0 };
  }

  function note() {
    if (restoring) return;
    const state = window.history.state || {};
    const now = place();
    if (state.place && state.place.y === now.y && state.place.grid === now.grid) return;
    window.history.replaceState(Object.assign({}, state, { place: now }), "");
  }

  let later = 0;
  document.addEventListener("scroll", () => {
    window.clearTimeout(later);
    later = window.setTimeout(note, 150);
  }, { capture: true, passive: true });
  // before a link leads away
  document.addEventListener("click", note, true);

  function stop() {
    if (restoring) restoring.observer.disconnect();
    restoring = null;
  }

  /* The page of an entry is drawn after it was gone back to; as soon as it is long enough it stands
   * where it stood, unless the reader has begun to scroll. Until the server has answered the page
   * that is left still stands there, maybe at the same height, and for however long that takes. */
  function restore() {
    stop();
    const wanted = (window.history.state || {}).place || { y: 0, grid: 0 };
    let quiet = 0;
    let idle = 0;
    const observer = new MutationObserver(() => { quiet = 0; });
    observer.observe(document.getElementById("main") || document.body, { childList: true, subtree: true });
    const mine = { observer };
    restoring = mine;
    function step() {
      if (restoring !== mine) return;
      const isAsking = window.weipianConnection.isAsking();
      quiet = isAsking ? 0 : quiet + 1;
      idle += isAsking ? 0 : 1;
      const grid = document.querySelector(GRID);
      if (Math.abs(window.scrollY - wanted.y) > 1) window.scrollTo(0, wanted.y);
      if (grid && Math.abs(grid.scrollTop - wanted.grid) > 1) grid.scrollTop = wanted.grid;
      const stands = Math.abs(window.scrollY - wanted.y) <= 1 && (!wanted.grid || (grid && Math.abs(grid.scrollTop - wanted.grid) <= 1));
      const drawn = !document.querySelector("#main .skeleton") && quiet > QUIET_STEPS;
      if ((stands && drawn) || idle > IDLE_STEPS) stop();
      else window.setTimeout(step, STEP_MS);
    }
    step();
  }

  ["wheel", "touchstart", "pointerdown", "keydown"].forEach((kind) =>
    window.addEventListener(kind, stop, { capture: true, passive: true }));
  /* A link to a place of the same page makes such an event, too: there the place is what is asked for. */
  window.addEventListener("popstate", () => { if (!window.location.hash) restore(); });
  window.history.scrollRestoration = "manual";
  if ((window.history.state || {}).place) restore(); // the page was reloaded

  window.weipianAddress = { follow, toldDash };
})();
