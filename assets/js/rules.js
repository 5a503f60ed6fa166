/* 规则口径: the box above the text leaves the rules and figures that hold all its words. */
(function () {
  "use strict";

  const ENTRIES = ".rule-page .rule, .rule-page .figure-definition";

  function follow(words) {
    const query = new URLSearchParams(window.location.search);
    if ((query.get("q") || "") === words || window.location.pathname !== "/rules") return;
    if (words) query.set("q", words); else query.delete("q");
    const search = query.toString();
    window.weipianAddress.follow((search ? "?" + search : "") + window.location.hash, false);
  }

  function apply(words) {
    const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    document.querySelectorAll(ENTRIES).forEach((entry) => {
      const text = entry.textContent.toLowerCase();
      entry.hidden = parts.some((part) => !text.includes(part));
      if (!entry.hidden) left += 1;
    });
    document.querySelectorAll(".rule-page .rule-text > section").forEach((section) => {
      section.hidden = parts.length > 0 && !section.querySelector(".rule:not([hidden]), .figure-definition:not([hidden])");
    });
    document.querySelectorAll(".rule-page .local-parameters").forEach((part) => { part.hidden = parts.length > 0; });
    follow(words);
    if (!parts.length) return "";
    return left ? "找到" + left + "条" : "没有找到“" + words + "”。请换一个词，例如“验收”“期限”“比例”。";
  }

  /* The text is drawn with the box; what it says is looked at once it is there. */
  function narrow(words) {
    return new Promise((done) => window.setTimeout(() => done(apply((words || "").trim())), 60));
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { rules: { narrow } });
})();
