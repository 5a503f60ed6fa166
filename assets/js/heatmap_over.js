/* What lies over and under the layers of a map: reference layers, two pictures of the ground. */
(function () {
  "use strict";

  const { text, panes } = window.weipianHeatmap;

  function overlays(map) {
    const shown = {};
    return {
      show(names, versions) {
        Object.keys(shown).forEach(function (name) {
          if (names.includes(name)) return;
          shown[name].remove();
          delete shown[name];
        });
        names.forEach(function (name) {
          if (shown[name] || !(name in versions)) return;
          const version = encodeURIComponent(versions[name]);
          shown[name] = L.tileLayer("/map/reference/" + name + "/{z}/{x}/{y}.png?v=" + version, {
            pane: "heatmap-overlays", maxZoom: 22, updateWhenZooming: false, opacity: 0.85,
          }).addTo(map);
        });
      },
      remove() { Object.keys(shown).forEach((name) => shown[name].remove()); },
    };
  }

  /* Two pictures of the ground, before on the left of a handle, after on its right. */
  function imagery(map, pictures) {
    let parts = null;
    function cut() {
      const share = parts.handle.value / 100;
      const size = map.getSize();
      const low = map.containerPointToLayerPoint([0, 0]);
      const high = map.containerPointToLayerPoint(size);
      const at = low.x + size.x * share;
      parts.line.style.left = share * 100 + "%";
      const clip = (from, to) => "rect(" + low.y + "px," + to + "px," + high.y + "px," + from + "px)";
      map.getPane("heatmap-before").style.clip = clip(low.x, at);
      map.getPane("heatmap-after").style.clip = clip(at, high.x);
      parts.handle.setAttribute("aria-valuetext", "左侧" + parts.handle.value + "%为" + pictures[0].label);
    }
    return {
      show(on) {
        if (Boolean(parts) === Boolean(on && pictures.length === 2)) return;
        if (parts) { this.remove(); return; }
        const layers = pictures.map((picture, at) => L.tileLayer(picture.url, {
          pane: at ? "heatmap-after" : "heatmap-before", maxZoom: 22, maxNativeZoom: 18,
        }).addTo(map));
        const frame = text("div", "", "swipe");
        const line = text("div", "", "swipe-line");
        const handle = document.createElement("input");
        Object.assign(handle, { type: "range", min: 0, max: 100, step: 1, value: 50, className: "swipe-handle" });
        handle.setAttribute("aria-label", "前后影像卷帘位置");
        handle.addEventListener("input", cut);
        line.append(text("span", pictures[0].label, "swipe-before"), text("span", pictures[1].label, "swipe-after"));
        frame.append(line, handle);
        L.DomEvent.disableClickPropagation(frame);
        map.getContainer().append(frame);
        parts = { layers, frame, line, handle };
        map.on("move zoom resize viewreset", cut);
        cut();
      },
      remove() {
        if (!parts) return;
        map.off("move zoom resize viewreset", cut);
        parts.layers.forEach((layer) => layer.remove());
        parts.frame.remove();
        parts = null;
      },
    };
  }

  /* Pictures of the ground on any map (components/maps/base.py, swipe_layer), shown by a button. */
  function swipe(feature, layer, context) {
    const map = context.map;
    const container = map.getContainer();
    if (container.querySelector(".swipe-button")) return;
    panes(map);
    const pictures = imagery(map, feature.properties.pictures);
    const button = text("button", "前后影像", "btn btn-sm btn-light swipe-button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", function () {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      button.classList.toggle("active", on);
      pictures.show(on);
    });
    L.DomEvent.disableClickPropagation(button);
    container.append(button);
    map.on("unload", () => pictures.remove());
  }

  Object.assign(window.weipianHeatmap, { overlays, imagery });
  window.dashExtensions = Object.assign({}, window.dashExtensions);
  window.dashExtensions.heatmap = Object.assign({}, window.dashExtensions.heatmap, { swipe });
})();
