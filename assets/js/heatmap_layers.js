/* The layers of 违法占用: heat, squares, areas, patches, overlays, pictures of the ground. Each draws
 * what `/map/…` answers to a question and says nothing of its own. Texts from the store become text
 * nodes, never HTML. */
(function () {
  "use strict";

  /* Panes from below: pictures of the ground, heat, overlays, what can be clicked. */
  const PANES = { before: 402, after: 403, heat: 405, overlays: 420, data: 440 };
  const AREA_OPACITY = 0.75;

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
        const next = L.tileLayer("/map/heat/{z}/{x}/{y}.png?" + more, {
          pane: "heatmap-heat", opacity: 0, maxZoom: 22, updateWhenZooming: false, keepBuffer: 1,
          zIndex: 1,
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

  /* ---- patches ---- */

  let PatchGrid = null;

  /* Tiles of features: asked for as the map needs them, drawn on one canvas, dropped with the tile. */
  function patchGrid() {
    if (PatchGrid) return PatchGrid;
    PatchGrid = L.GridLayer.extend({
      initialize(url, hooks, options) {
        L.setOptions(this, options);
        this._address = url;
        this._hooks = hooks;
        this._groups = new Map();
        this.on("tileunload", this._forget, this);
      },
      createTile(coords, done) {
        const tile = document.createElement("div");
        const stop = new AbortController();
        const key = this._tileCoordsToKey(coords);
        this._groups.set(key, { stop, group: null });
        fetchJson(L.Util.template(this._address, coords), stop.signal).then((answer) => {
          const held = this._groups.get(key);
          if (!held || held.stop !== stop || !this._map) return;
          held.group = L.layerGroup(answer.features.map((f) => this._drawn(f)));
          held.group.addTo(this._map);
          done(null, tile);
        }).catch((error) => {
          if (!aborted(error)) this._hooks.fault(error);
          done(error, tile);
        });
        return tile;
      },
      _forget(event) {
        const key = this._tileCoordsToKey(event.coords);
        const held = this._groups.get(key);
        if (!held) return;
        held.stop.abort();
        if (held.group) held.group.remove();
        this._groups.delete(key);
      },
      onRemove(map) {
        this._groups.forEach((held) => { held.stop.abort(); if (held.group) held.group.remove(); });
        this._groups.clear();
        L.GridLayer.prototype.onRemove.call(this, map);
      },
      _drawn(feature) {
        return feature.properties.kind === "cluster" ? this._cluster(feature) : this._patch(feature);
      },
      _cluster(feature) {
        const p = feature.properties;
        const [lon, lat] = feature.geometry.coordinates;
        const size = Math.round(24 + Math.min(20, 6 * Math.log10(p.count + 1)));
        const icon = text("span", p.text, "cluster" + (p.overdue && this.options.tellsOverdue ? " cluster-overdue" : ""));
        icon.style.width = icon.style.height = size + "px";
        const marker = L.marker([lat, lon], {
          icon: L.divIcon({ html: icon, className: "cluster-frame", iconSize: [size, size] }),
          title: p.hint, alt: p.hint, keyboard: true, riseOnHover: true,
        });
        marker.on("add", function () {
          marker.getElement().setAttribute("role", "button");
          marker.getElement().setAttribute("aria-label", p.hint);
        });
        const open = () => this._hooks.go(p.box);
        marker.on("click", open);
        marker.on("keydown", function (event) {
          if (event.originalEvent.key === "Enter") open();
        });
        return marker;
      },
      _patch(feature) {
        const p = feature.properties;
        const ring = p.latest ? { color: token("ink"), weight: 2.5 } : { color: token("surface"), weight: 1 };
        const colour = token(p.colour);
        const style = Object.assign(ring, {
          fillColor: colour, pane: "heatmap-data", renderer: this._hooks.renderer,
        });
        let drawn;
        if (p.kind === "shape") {
          if (!p.latest) style.color = colour;
          drawn = L.geoJSON(feature, Object.assign(style, { style: () => Object.assign({}, style, { fillOpacity: 0.55, weight: 2 }) }));
        } else {
          const [lon, lat] = feature.geometry.coordinates;
          drawn = L.circleMarker([lat, lon], Object.assign(style, { radius: 5, fillOpacity: 0.9 }));
        }
        if (p.label) {
          drawn.bindTooltip(() => text("span", p.label), { permanent: true, direction: "center", className: "patch-label" });
        } else {
          drawn.bindTooltip(() => text("span", p.hint), { sticky: true });
        }
        drawn.on("click", (event) => this._hooks.patch(p, event.latlng));
        return drawn;
      },
    });
    return PatchGrid;
  }

  /* As in data/maps/patch_tiles.py, CLUSTERS_BELOW, of the map's zoom before it is rounded. */
  const CLUSTERS_BELOW = 10.5;

  /* Red means overdue, and only where colours speak of that. */
  const tellsOverdue = (colouring) => !colouring || colouring === "status" || colouring === "overdue";

  function clusterLegend(colouring) {
    return text("span", "圆圈：图斑数，点按放大" + (tellsOverdue(colouring) ? "；红圈内有逾期" : ""));
  }

  function patches(map, hooks) {
    let layer = null;
    let stop = new AbortController();
    let tell = () => {};
    const retell = () => tell();
    map.on("zoomend", retell);
    return {
      show(query, own) {
        const more = query + "&colour=" + (own.colour || "status");
        stop.abort();
        stop = new AbortController();
        const before = layer;
        layer = new (patchGrid())("/map/patches/{z}/{x}/{y}.json?" + more, hooks, {
          tellsOverdue: tellsOverdue(own.colour), pane: "heatmap-data", updateWhenIdle: true, updateWhenZooming: false, keepBuffer: 1, maxZoom: 22,
        });
        const loaded = new Promise(function (resolve) {
          layer.once("load", function () { if (before) before.remove(); resolve(); });
          layer.once("remove", function () { if (before) before.remove(); resolve(); });
        });
        layer.on("load", () => hooks.fine());
        layer.addTo(map);
        fetchJson("/map/patches/legend.json?" + more, stop.signal).then(function (answer) {
          const ring = document.createElement("span");
          ring.className = "legend-pair";
          ring.append(text("span", "", "legend-ring"), text("span", "最近一批下发"));
          tell = function () {
            const parts = [...classLegend(answer.title, answer.legend), ring];
            if (map.getZoom() < CLUSTERS_BELOW) parts.push(clusterLegend(own.colour));
            hooks.legend(parts);
          };
          tell();
        }).catch((error) => hooks.fault(error));
        return loaded;
      },
      remove() {
        stop.abort();
        map.off("zoomend", retell);
        if (layer) layer.remove();
        layer = null;
      },
    };
  }

  /* ---- what lies over it ---- */

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

  window.weipianLayers = {
    kinds: { heat, bins, areas, patches }, overlays, imagery, panes, fetchJson, aborted, text, token, calm,
  };
})();
