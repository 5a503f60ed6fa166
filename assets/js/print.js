/* Printing: the page is laid out for A4 landscape, charts and maps go along as they are drawn, and each sheet says
 * of what and of when it is (assets/css/print.css). */
(function () {
  "use strict";

  const root = document.documentElement;
  const DRAWN = ".js-plotly-plot, .map-canvas";
  let undo = [];

  /* A drawing keeps its own pixels: it is scaled into the room that the sheet gives it. */
  function scaled(drawings) {
    drawings.forEach(({ element, width, height }) => {
      const room = element.parentElement.getBoundingClientRect();
      const zoom = room.width / (element.parentElement.offsetWidth || 1);
      const scale = Math.min(room.width / zoom / width, room.height / zoom / height);
      if (!isFinite(scale) || !scale) return;
      const before = element.getAttribute("style") || "";
      const left = Math.max(0, (room.width / zoom - width * scale) / 2);
      element.style.cssText = `${before};width:${width}px;height:${height}px;right:auto;bottom:auto;` +
        `transform-origin:0 0;transform:translateX(${left}px) scale(${scale})`;
      undo.push(() => element.setAttribute("style", before));
    });
  }

  function runningFoot() {
    const stamp = document.getElementById("page-stamp");
    const text = (stamp ? stamp.textContent : "").replace(/["\\\n]/g, " ");
    const style = document.createElement("style");
    style.textContent = `@page { @bottom-left { content: "${text}"; } }`;
    document.head.append(style);
    undo.push(() => style.remove());
  }

  function begin() {
    end();
    const drawings = Array.from(document.querySelectorAll(DRAWN)).map((element) =>
      ({ element, width: element.offsetWidth, height: element.offsetHeight }));
    root.classList.add("printing");
    undo.push(() => root.classList.remove("printing"));
    scaled(drawings);
    document.querySelectorAll(".triggers-more:not([open])").forEach((details) => {
      details.open = true;
      undo.push(() => { details.open = false; });
    });
    runningFoot();
  }

  function end() {
    undo.reverse().forEach((step) => step());
    undo = [];
  }

  window.addEventListener("beforeprint", begin);
  window.addEventListener("afterprint", end);
})();
