/* The what-if of 年度评估: the address follows it without a new page. */
(function () {
  "use strict";

  /* As in callbacks/assessment_address.py. */
  const KEYS = ["do", "all", "on", "for", "line", "most", "only", "skip"];

  function followScenario(own) {
    if (own === undefined || own === null) return window.dash_clientside.no_update;
    const query = new URLSearchParams(window.location.search);
    KEYS.forEach((key) => query.delete(key));
    new URLSearchParams(own).forEach((value, key) => query.set(key, value));
    const search = query.toString() ? "?" + query.toString() : "";
    if (search !== window.location.search) window.weipianAddress.follow(search, true);
    return own;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { assessment: { followScenario } });
})();
