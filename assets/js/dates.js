/* A calendar of Dash calls its buttons in English and has no property for it: they are named anew
 * whenever one opens. The box's own name is its placeholder (components/date_box.py). */
(function () {
  "use strict";

  const NAMES = {
    "Previous month": "上一个月", "Next month": "下一个月", "Decrease value": "上一年", "Increase value": "下一年",
    "Clear date": "清除日期", "Close calendar": "关闭日历",
  };
  const watched = new WeakSet();

  function rename(picker) {
    picker.querySelectorAll(".dash-datepicker-content:not([aria-label])").forEach((e) => e.setAttribute("aria-label", "选择日期"));
    picker.querySelectorAll("input[type=number]:not([aria-label])").forEach((e) => e.setAttribute("aria-label", "年份"));
    picker.querySelectorAll("[aria-label]").forEach(function (element) {
      const name = NAMES[element.getAttribute("aria-label")];
      if (name) element.setAttribute("aria-label", name);
    });
  }

  /* Only what somebody is about to use is watched: the page around it changes all the time. */
  function watch(event) {
    const picker = event.target.closest && event.target.closest(".dash-datepicker");
    if (!picker || watched.has(picker)) return;
    watched.add(picker);
    new MutationObserver(() => rename(picker)).observe(picker, { childList: true, subtree: true });
  }

  ["focusin", "pointerdown", "click"].forEach((name) => document.addEventListener(name, watch, true));
})();
