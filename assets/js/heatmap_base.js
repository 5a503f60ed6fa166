/* What all scripts of 违法占用 share: answers of the server, elements, colours, panes, legends. Texts
 * from the store become text nodes, never HTML. Scripts load by name: heatmap.js runs before this one
 * and looks here only later, the others (heatmap_….js) come after it. */
(function () {
  "use strict";

  /* Panes from below: pictures of the ground, heat, overlays, what can be clicked. */
  const PANES = { before: 402, after: 403, heat: 405, overlays: 420, data: 440 };

  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function token(name) {
    if (name.startsWith("#")) return name;
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function text(tag, words, className) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = words;
    return element;
  }

  function panes(map) {
    Object.keys(PANES).forEach(function (name) {
      const pane = map.getPane("heatmap-" + name) || map.createPane("heatmap-" + name);
      pane.style.zIndex = PANES[name];
      if (name !== "data") pane.style.pointerEvents = "none";
    });
  }

  /* A refusal's sentence, or what one can say of a lost connection. */
  async function fetchJson(url, signal) {
    let answer;
    try {
      answer = await fetch(url, { credentials: "same-origin", signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("地图数据没有取到：网络不通。请检查网络后移动一下地图重试。");
    }
    if (answer.ok) return answer.json();
    const said = await answer.text();
    throw new Error(said && said.length < 600 && !said.startsWith("<")
      ? said : "地图数据没有取到（" + answer.status + "）。请刷新页面重试。");
  }

  const aborted = (error) => error && error.name === "AbortError";

  /* A sentence too long for the line, one click away. */
  function more(words) {
    const details = document.createElement("details");
    details.className = "legend-more";
    details.append(text("summary", "说明"), text("p", words));
    return details;
  }

  function classLegend(title, entries) {
    const parts = [text("span", title, "legend-title")];
    entries.forEach(function (entry) {
      const swatch = document.createElement("span");
      swatch.className = "legend-cell";
      swatch.style.background = token(entry.colour);
      const pair = document.createElement("span");
      pair.className = "legend-pair";
      pair.append(swatch, text("span", entry.text));
      parts.push(pair);
    });
    return parts;
  }

  /* A link on this server, followed without a new page. */
  function link(words, address) {
    const anchor = text("a", words);
    anchor.setAttribute("href", address);
    if (!address.startsWith("/export")) anchor.addEventListener("click", window.weipian.follow);
    return anchor;
  }

  function bboxOf(map) {
    const b = map.getBounds();
    return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((v) => v.toFixed(6)).join(",");
  }

  window.weipianHeatmap = { panes, fetchJson, aborted, text, token, calm, more, classLegend, link, bboxOf };
})();
