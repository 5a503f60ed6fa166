/* Functions that dash-leaflet looks up by name: styles, labels and tooltips of the maps. Names and
 * numbers from the store become text nodes, never HTML. Colours are the CSS variables. */
(function () {
  "use strict";

  const tokens = {};

  function token(name) {
    if (!tokens[name]) {
      tokens[name] = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }
    return tokens[name];
  }

  function textElement(text, className) {
    const element = document.createElement("span");
    element.className = className || "";
    element.textContent = text;
    return element;
  }

  function districtStyle(feature) {
    const strong = feature.properties.highlighted;
    return {
      color: strong ? token("--accent") : token("--muted"),
      weight: strong ? 2 : 1,
      opacity: strong ? 1 : 0.7,
      fillColor: token("--" + (feature.properties.fill || "surface")),
      fillOpacity: 1,
      interactive: false,
    };
  }

  /* On a wall nobody moves the map: it fills its frame, whatever size that takes. */
  function fillWall(map, container) {
    if (!container.closest(".screen")) return;
    const whole = container.id === "overview-map";
    const fill = function () {
      const bounds = L.latLngBounds([]);
      const marked = L.latLngBounds([]);
      map.eachLayer(function (layer) {
        if (!layer.feature || !layer.feature.properties || !layer.getBounds) return;
        bounds.extend(layer.getBounds());
        if (layer.feature.properties.highlighted) marked.extend(layer.getBounds());
      });
      map.invalidateSize({ animate: false, pan: false });
      const wanted = marked.isValid() && !whole ? marked : bounds;
      if (wanted.isValid()) map.fitBounds(wanted, { animate: false, padding: [8, 8] });
    };
    const watched = new ResizeObserver(fill);
    watched.observe(container);
    map.on("unload", function () { watched.disconnect(); });
  }

  /* Runs once a district; the map exists by then, so its buttons can be told in Chinese. */
  /* Leaflet writes 3 km and 500 m. */
  function inChinese(scale) {
    scale.querySelectorAll(".leaflet-control-scale-line").forEach(function (line) {
      const said = line.textContent.replace(/ ?km$/, "公里").replace(/ ?m$/, "米");
      if (said !== line.textContent) line.textContent = said;
    });
  }

  function prepareMap(feature, layer, context) {
    const container = context.map.getContainer();
    const titles = { "leaflet-control-zoom-in": "放大", "leaflet-control-zoom-out": "缩小" };
    window.setTimeout(function () {
      Object.keys(titles).forEach(function (name) {
        const button = container.querySelector("." + name);
        if (button) {
          button.title = titles[name];
          button.setAttribute("aria-label", titles[name]);
        }
      });
    }, 0);
    if (container.dataset.zoomWatched) return;
    container.dataset.zoomWatched = "yes";
    fillWall(context.map, container);
    const scale = container.querySelector(".leaflet-control-scale");
    if (scale) {
      inChinese(scale);
      new MutationObserver(() => inChinese(scale)).observe(scale, { childList: true, subtree: true });
    }
    const watch = function () {
      container.classList.toggle("map-near", context.map.getZoom() >= 11);
    };
    context.map.on("zoomend", watch);
    /* Leaflet's timer would fail on a map whose page was left in the middle of a zoom. */
    context.map.on("unload", function () {
      context.map._animatingZoom = false;
    });
    watch();
  }

  function placeName(feature, latlng) {
    const name = textElement(feature.properties.name, "map-name");
    return L.marker(latlng, {
      interactive: false,
      keyboard: false,
      icon: L.divIcon({
        className: "map-label map-label-" + feature.properties.rank,
        html: name,
        iconSize: [0, 0],
      }),
    });
  }

  const DETERMINATION = {
    lawful: "--lawful",
    other: "--other",
    pending: "--suspected",
    unlawful: "--unlawful",
  };

  function patchStyle(feature, context) {
    const p = feature.properties;
    if (p.kind === "bin") {
      return {
        stroke: false,
        fillColor: token("--overdue"),
        fillOpacity: 0.15 + 0.75 * p.strength,
      };
    }
    if (p.kind === "single") {
      const colour = token(DETERMINATION[p.legality]);
      return { color: colour, weight: 2.5, fillColor: colour, fillOpacity: 0.25 };
    }
    const selected = context.hideout && context.hideout.selected === p.id;
    return {
      color: selected ? token("--accent") : token("--surface"),
      weight: selected ? 3 : 1,
      fillColor: token(p.overdue ? "--overdue" : "--accent"),
      fillOpacity: selected ? 1 : 0.8,
    };
  }

  /* Shapes that are not in the store yet. */
  function newStyle() {
    return { color: token("--accent"), weight: 2, fillColor: token("--accent"), fillOpacity: 0.25 };
  }

  /* Shapes that came back because of where they lie. */
  function strayStyle() {
    return { color: token("--overdue"), weight: 2, fillColor: token("--overdue"), fillOpacity: 0.35 };
  }

  function newPoint(feature, latlng) {
    return L.circleMarker(latlng, { radius: 4 });
  }

  function patchPoint(feature, latlng, context) {
    const selected = context.hideout && context.hideout.selected === feature.properties.id;
    return L.circleMarker(latlng, { radius: selected ? 8 : 5 });
  }

  function patchTooltip(feature, layer) {
    layer.bindTooltip(textElement(feature.properties.hint));
  }

  window.dashExtensions = Object.assign({}, window.dashExtensions, {
    weipian: {
      districtStyle: districtStyle,
      prepareMap: prepareMap,
      placeName: placeName,
      patchStyle: patchStyle,
      newStyle: newStyle,
      strayStyle: strayStyle,
      newPoint: newPoint,
      patchPoint: patchPoint,
      patchTooltip: patchTooltip,
    },
  });
})();
