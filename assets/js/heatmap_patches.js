/* The layer 图斑 of 违法占用: clusters, then points, then shapes, by tile; what can be focused on it is
 * in heatmap_frames.js. */
(function () {
  "use strict";

  const { fetchJson, aborted, text, token, classLegend, frames, namesOf, pressed } = window.weipianHeatmap;

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
        this._groups.set(key, { stop, group: null, patches: [] });
        fetchJson(L.Util.template(this._address, coords), stop.signal).then((answer) => {
          const held = this._groups.get(key);
          if (!held || held.stop !== stop || !this._map) return;
          held.group = L.layerGroup(answer.features.map((f) => this._drawn(f, held.patches)));
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
      /* The single patches drawn: p (properties) and drawn; of two of one id the later is the newer. */
      patches() { return Array.from(this._groups.values()).flatMap((held) => held.patches); },
      _drawn(feature, patches) {
        if (feature.properties.kind === "cluster") return this._cluster(feature);
        const drawn = this._patch(feature);
        patches.push({ p: feature.properties, drawn });
        return drawn;
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
        marker.on("keydown", (event) => pressed(event.originalEvent, open));
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
        drawn.on("click", (event) => this._hooks.patch(p, event.latlng, this.options.names.of(p.id)));
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
    let names = null;
    const focusable = frames(map, (p, at) => hooks.patch(p, at, names.of(p.id), true), hooks.fault);
    const refocus = () => { if (layer && !layer.isLoading()) focusable.show(layer.patches(), names); };
    const retell = () => tell();
    map.on("zoomend", retell);
    map.on("moveend", refocus);
    return {
      show(query, own) {
        const more = query + "&colour=" + (own.colour || "status");
        stop.abort();
        stop = new AbortController();
        const before = layer;
        if (names) names.drop();
        names = namesOf(query);
        layer = new (patchGrid())("/map/patches/{z}/{x}/{y}.json?" + more, hooks, {
          names, tellsOverdue: tellsOverdue(own.colour), pane: "heatmap-data", updateWhenIdle: true, updateWhenZooming: false, keepBuffer: 1, maxZoom: 22,
        });
        const loaded = new Promise(function (resolve) {
          layer.once("load", function () { if (before) before.remove(); resolve(); });
          layer.once("remove", function () { if (before) before.remove(); resolve(); });
        });
        layer.on("load", function () { hooks.fine(); refocus(); });
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
        map.off("moveend", refocus);
        focusable.remove();
        if (names) names.drop();
        if (layer) layer.remove();
        layer = null;
      },
    };
  }

  window.weipianHeatmap.kinds = Object.assign({}, window.weipianHeatmap.kinds, { patches });
})();
