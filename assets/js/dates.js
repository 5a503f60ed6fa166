/* A calendar of Dash calls its buttons in English and has no property for it: they are named anew
 * whenever one opens. The box's own name is its placeholder (components/parts/date_box.py).
 *
 * What is typed into a box is read here before Dash reads it: Dash makes 03-02 of 02-30, and leaves a
 * text that is no day, or none, standing above a page of another day. */
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

  const TYPED = /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/;
  const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;

  /* The day that a text names as 2023-05-08; null for one that no calendar has. */
  function dayOf(text) {
    const plain = text.normalize("NFKC").trim();
    const found = TYPED.exec(plain) || COMPACT.exec(plain);
    if (!found) return null;
    const [year, month, day] = found.slice(1).map(Number);
    const at = new Date(Date.UTC(year, month - 1, day));
    const exists = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
    return exists ? at.toISOString().slice(0, 10) : null;
  }

  const setValue = Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, "value").set;

  function put(box, text) {
    if (box.value === text) return;
    setValue.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const before = new WeakMap();

  function keep(event) {
    const box = event.target;
    if (box.matches && box.matches(".dash-datepicker-input")) before.set(box, box.value);
  }

  /* Ahead of Dash, when a typed day is about to count. */
  function check(event) {
    const box = event.target;
    if (!box.matches || !box.matches(".dash-datepicker-input")) return;
    if (event.type === "keydown" && event.key !== "Enter") return;
    const was = before.get(box) || "";
    if (box.value === was) return;
    const day = dayOf(box.value);
    if (day !== null) {
      put(box, day);
      before.set(box, day);
      return;
    }
    const typed = box.value.trim();
    put(box, was);
    if (typed && window.weipianSay) {
      window.weipianSay(`“${typed.slice(0, 20)}”不是日历上的日期${was ? "，仍为 " + was : ""}。日期应写作 2023-05-24。`, true);
    }
  }

  document.addEventListener("focusin", keep, true);
  document.addEventListener("keydown", check, true);
  document.addEventListener("focusout", check, true);
  document.addEventListener("focusout", function (event) {
    /* what Dash itself makes of an emptied box comes after */
    window.setTimeout(() => document.activeElement !== event.target && check(event), 0);
  });
  ["focusin", "pointerdown", "click"].forEach((name) => document.addEventListener(name, watch, true));
})();
