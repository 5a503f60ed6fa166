/* An outline drawn by hand over a map. */
(function () {
  "use strict";

  const { text } = window.weipianHeatmap;

  /* button: shows whether one is being drawn. done(corners): once it is closed. */
  function lassoOf(map, button, done) {
    let sheet = null;

    function end() {
      if (sheet) sheet.remove();
      sheet = null;
      if (button) { button.setAttribute("aria-pressed", "false"); button.classList.remove("active"); }
      document.removeEventListener("keydown", escape);
    }

    function escape(event) { if (event.key === "Escape") end(); }

    function begin() {
      map.closePopup();
      const points = [];
      sheet = document.createElement("div");
      sheet.className = "lasso-sheet";
      const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const trace = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
      drawing.append(trace);
      sheet.append(drawing, text("p", "按住并拖动，圈出范围；按 Esc 取消"));
      let drawingNow = false;
      const place = (event) => {
        const frame = sheet.getBoundingClientRect();
        return L.point(event.clientX - frame.left, event.clientY - frame.top);
      };
      const add = (event) => {
        points.push(place(event));
        trace.setAttribute("points", points.map((p) => p.x + "," + p.y).join(" "));
      };
      sheet.addEventListener("pointerdown", function (event) {
        drawingNow = true;
        try { sheet.setPointerCapture(event.pointerId); } catch { /* made by a program */ }
        add(event);
      });
      sheet.addEventListener("pointermove", (event) => { if (drawingNow) add(event); });
      sheet.addEventListener("pointerup", function () {
        const outline = L.LineUtil.simplify(points, 2.5).slice(0, 200);
        const box = L.bounds(points);
        end();
        const size = box.getSize();
        if (outline.length < 3 || size.x < 8 || size.y < 8) return;
        done(outline.map((p) => map.containerPointToLatLng(p)));
      });
      L.DomEvent.disableClickPropagation(sheet);
      map.getContainer().append(sheet);
      button.setAttribute("aria-pressed", "true");
      button.classList.add("active");
      document.addEventListener("keydown", escape);
    }

    return { toggle: () => (sheet ? end() : begin()), end };
  }

  Object.assign(window.weipianHeatmap, { lassoOf });
})();
