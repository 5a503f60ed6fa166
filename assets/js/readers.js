/* What Dash's own components tell screen readers wrongly, put right as soon as they are drawn: boxes to
 * tick are no list of options, and the frame around a day opens nothing by itself. */
(function () {
  "use strict";

  const TICKS = ".dash-checklist[role='listbox']";
  const TICK = ".dash-options-list-option";
  const DAY = ".dash-datepicker-input-wrapper";
  const WATCHED = ["aria-expanded", "aria-selected", "role"];

  function drop(element, names) {
    names.forEach((name) => element.hasAttribute(name) && element.removeAttribute(name));
  }

  function mend(root) {
    const all = (selector) => [
      ...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector),
    ];
    all(TICKS).forEach((list) => list.setAttribute("role", "group"));
    all(TICK).forEach((label) => drop(label, ["role", "aria-selected"]));
    all(DAY).forEach((frame) => {
      drop(frame, ["aria-expanded", "aria-haspopup", "aria-labelledby", "aria-disabled"]);
      const box = frame.querySelector("input");
      if (box && !box.hasAttribute("aria-haspopup")) box.setAttribute("aria-haspopup", "dialog");
    });
  }

  new MutationObserver((changes) => {
    changes.forEach((change) => {
      if (change.type === "attributes") mend(change.target);
      else change.addedNodes.forEach((node) => node.nodeType === 1 && mend(node));
    });
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: WATCHED,
  });
  mend(document.documentElement);
})();
