/* The layers of 违法占用 that add up: heat, squares, areas. Each draws what `/map/…` answers to a
 * question and says nothing of its own. */
(function () {
  "use strict";

  const { fetchJson, aborted, text, token, more, classLegend } = window.weipianHeatmap;
  const AREA_OPACITY = 0.75;

  /* ---- heat ---- */

  function heat(map, hooks) {
    let shown = null;
    let coming = null;
    let stop = new AbortController();
    function drop(layer) { if (layer) layer.remove(); }
    return {
      show(query, own) {
        const more = query + "&radius=" + (own.radius || "1000") + "&until=" + hooks.until();
        drop(coming);
        stop.abort();
        stop = new AbortController();
        // large tiles of the zoom before: a quarter of the requests
        const next = L.tileLayer("/map/heat/{z}/{x}/{y}.png?px=512&" + more, {
          pane: "heatmap-heat", opacity: 0, maxZoom: 22, updateWhenZooming: false, keepBuffer: 1,
          zIndex: 1, tileSize: 512, zoomOffset: -1, minZoom: 1,
        });
        coming = next;
        let told = false;
        next.on("tileerror", function (event) {
          if (told) return;
          told = true;
          fetchJson(event.tile.src).catch((error) => hooks.fault(error));
        });
        const loaded = new Promise(function (resolve) {
          next.once("load", function () {
            if (coming === next) {
              next.setOpacity(1);
              drop(shown);
              shown = next;
              coming = null;
              if (!told) hooks.fine();
            }
            resolve();
          });
          next.once("remove", resolve);
        });
        next.addTo(map);
        fetchJson("/map/heat.json?" + more, stop.signal)
          .then((document_) => hooks.legend(heatLegend(document_)))
          .catch((error) => hooks.fault(error));
        return loaded;
      },
      remove() { stop.abort(); drop(coming); drop(shown); shown = coming = null; },
    };
  }

  function heatLegend(answer) {
    const legend = answer.legend || answer;
    const stops = legend.stops || [];
    const parts = [text("span", (legend.is_difference ? "变化密度 " : "密度 ") + (legend.unit || "亩/km²"), "legend-title")];
    if (!stops.length) return parts;
    const ramp = document.createElement("span");
    ramp.className = "legend-ramp";
    const bar = document.createElement("span");
    bar.className = "legend-ramp-bar";
    bar.style.background = "linear-gradient(to right, " + stops.map((s) => s.colour).join(", ") + ")";
    const marks = document.createElement("span");
    marks.className = "legend-ramp-marks";
    const few = stops.length > 5 ? stops.filter((_, at) => at % 2 === 0 || at === stops.length - 1) : stops;
    few.forEach((stop) => marks.append(text("span", stop.text)));
    ramp.append(bar, marks);
    parts.push(ramp);
    if (legend.most && legend.most.text) parts.push(text("span", "最高 " + legend.most.text));
    if (legend.note) parts.push(more(legend.note));
    return parts;
  }

  /* ---- squares ---- */

  /* The view out to whole tiles of its zoom, so that small moves ask nothing anew. */
  function wholeTiles(map) {
    const zoom = Math.max(0, Math.round(map.getZoom()));
    const view = map.getBounds().pad(0.15);
    const low = map.project(view.getNorthWest(), zoom).divideBy(256).floor();
    const high = map.project(view.getSouthEast(), zoom).divideBy(256).ceil();
    const last = Math.pow(2, zoom);
    low.x = Math.max(low.x, 0); low.y = Math.max(low.y, 0);
    high.x = Math.min(high.x, last); high.y = Math.min(high.y, last);
    const northWest = map.unproject(low.multiplyBy(256), zoom);
    const southEast = map.unproject(high.multiplyBy(256), zoom);
    const box = [northWest.lng, southEast.lat, southEast.lng, northWest.lat];
    return { zoom, bbox: box.map((v) => v.toFixed(7)).join(",") };
  }

  function bins(map, hooks) {
    let layer = null;
    let stop = new AbortController();
    let asked = "";
    function draw(answer) {
      const next = L.geoJSON(answer, {
        pane: "heatmap-data", renderer: hooks.renderer,
        style: (feature) => ({
          color: token("surface"), weight: 1, opacity: 0.8,
          fillColor: feature.properties.colour, fillOpacity: AREA_OPACITY,
        }),
        onEachFeature(feature, drawn) {
          const p = feature.properties;
          drawn.bindTooltip(() => text("span", p.text + "，" + p.patches + "个图斑，点按查看"), { sticky: true });
          drawn.on("click", () => hooks.card({ bbox: p.box.join(",") }, drawn.getBounds().getCenter()));
        },
      });
      if (layer) layer.remove();
      layer = next.addTo(map);
      hooks.legend(classLegend("每格" + hooks.label() + "（" + answer.unit + "）", answer.legend));
      hooks.squares(answer);
    }
    return {
      show(query) {
        const view = wholeTiles(map);
        const url = "/map/bins.json?" + query + "&bbox=" + view.bbox + "&zoom=" + view.zoom;
        if (url === asked) return Promise.resolve();
        asked = url;
        stop.abort();
        stop = new AbortController();
        return fetchJson(url, stop.signal).then(function (answer) {
          draw(answer);
          hooks.fine();
        }).catch(function (error) {
          if (!aborted(error)) asked = "";
          hooks.fault(error);
        });
      },
      follows: true,
      remove() { stop.abort(); if (layer) layer.remove(); layer = null; asked = ""; hooks.squares(null); },
    };
  }

  /* ---- districts and towns ---- */

  function areas(map, hooks) {
    let layer = null;
    let stop = new AbortController();
    function draw(answer) {
      const next = L.geoJSON(answer, {
        pane: "heatmap-data", renderer: hooks.renderer,
        style: (feature) => ({
          color: token("muted"), weight: 1, fillColor: feature.properties.colour || token("surface"),
          fillOpacity: feature.properties.colour ? AREA_OPACITY : 0.1,
        }),
        onEachFeature(feature, drawn) {
          const p = feature.properties;
          drawn.bindTooltip(() => text("span", p.name + "：" + p.text + "，" + p.density_text), { sticky: true });
          drawn.on("click", () => hooks.area(p, drawn.getBounds()));
        },
      });
      if (layer) layer.remove();
      layer = next.addTo(map);
      const parts = classLegend("密度（" + answer.unit + "）", answer.legend);
      if (answer.note) parts.push(answer.features.length ? more(answer.note) : text("span", answer.note));
      hooks.legend(parts);
    }
    return {
      show(query, own) {
        stop.abort();
        stop = new AbortController();
        return fetchJson("/map/areas.json?" + query + "&by=" + (own.by || "district"), stop.signal)
          .then(function (answer) { draw(answer); hooks.fine(); })
          .catch((error) => hooks.fault(error));
      },
      remove() { stop.abort(); if (layer) layer.remove(); layer = null; },
    };
  }

  window.weipianHeatmap.kinds = Object.assign({}, window.weipianHeatmap.kinds, { heat, bins, areas });
})();
