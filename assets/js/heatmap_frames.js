/* Single patches on the map for the keyboard. A canvas has nothing to focus: while they are few, each
 * patch on the screen has an invisible frame that takes the focus, is read out, and opens its card. */
(function () {
  "use strict";

  const { fetchJson, aborted, text } = window.weipianHeatmap;
  /* As MOST_NAMED in callbacks/heatmap_named.py. */
  const MOST = 200;
  const LEAST_SIDE = 18;

  /* Enter and Space do what a click does. */
  function pressed(event, act) {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act();
  }

  /* District and status of patches, by id, under one question; each is asked for once. */
  function namesOf(query) {
    const known = new Map();
    const stop = new AbortController();
    function ask(ids) {
      const answer = fetchJson("/heatmap/named.json?" + query + "&ids=" + ids.join(","), stop.signal);
      ids.forEach((id) => known.set(id, answer.then((said) => said.patches[id] || null)));
      answer.catch(() => ids.forEach((id) => known.delete(id)));
    }
    return {
      of(id) {
        if (!known.has(id)) ask([id]);
        return known.get(id);
      },
      all(ids) {
        const asked = ids.filter((id) => !known.has(id));
        if (asked.length) ask(asked);
        return Promise.all(ids.map((id) => known.get(id)));
      },
      drop() { stop.abort(); },
    };
  }

  /* `图斑A4，环翠区，监测10.00亩，逾期58天，逾期未报` */
  function labelOf(p, name) {
    const facts = p.hint.slice(p.patch_no.length + 1);
    return ["图斑" + p.patch_no, name && name.district, facts, name && name.status].filter(Boolean).join("，");
  }

  function placeOf(map, drawn) {
    if (!drawn.getBounds) return { at: drawn.getLatLng(), size: [LEAST_SIDE, LEAST_SIDE], round: true };
    const bounds = drawn.getBounds();
    const low = map.latLngToLayerPoint(bounds.getSouthWest());
    const high = map.latLngToLayerPoint(bounds.getNorthEast());
    const most = map.getSize().divideBy(2);
    const side = (length, longest) => Math.round(Math.min(Math.max(length + 6, LEAST_SIDE), longest));
    return { at: bounds.getCenter(), size: [side(high.x - low.x, most.x), side(low.y - high.y, most.y)], round: false };
  }

  /* open(p, at): what a key does. */
  function frames(map, open, fault) {
    const shown = new Map();

    function iconOf(place) {
      const name = "patch-frame" + (place.round ? " patch-frame-round" : "");
      return L.divIcon({ className: name, iconSize: place.size });
    }

    function make(id) {
      const entry = shown.get(id);
      // not interactive: the pointer goes through to the patch below
      entry.marker = L.marker(entry.at, { icon: iconOf(entry), interactive: false, keyboard: true });
      entry.marker.bindTooltip(() => text("span", entry.p.hint), { offset: [entry.size[0] / 2 + 2, 0] });
      entry.marker.addTo(map);
      const element = entry.marker.getElement();
      element.setAttribute("aria-label", labelOf(entry.p, null));
      element.dataset.patch = entry.p.patch_no;
      element.addEventListener("keydown", (event) => pressed(event, () => open(entry.p, entry.at)));
    }

    function drop(id) {
      const { marker } = shown.get(id);
      // whoever was there stays on the map
      if (marker.getElement() === document.activeElement) map.getContainer().focus({ preventScroll: true });
      marker.remove();
      shown.delete(id);
    }

    /* A patch that was there keeps its element, and with it the focus. */
    function keep(id, p, place) {
      const entry = shown.get(id);
      const resized = entry.size.join() !== place.size.join() || entry.round !== place.round;
      Object.assign(entry, place, { p });
      entry.marker.setLatLng(place.at);
      if (resized) entry.marker.setIcon(iconOf(place));
    }

    return {
      show(patches, names) {
        const view = map.getBounds();
        const wanted = new Map();
        patches.forEach(function ({ p, drawn }) {
          const place = placeOf(map, drawn);
          if (view.contains(place.at)) wanted.set(p.id, { p, place });
        });
        if (wanted.size > MOST) wanted.clear();
        Array.from(shown.keys()).filter((id) => !wanted.has(id)).forEach(drop);
        // the way of reading: from north to south, then from west to east
        const ordered = Array.from(wanted).sort(([, a], [, b]) => b.place.at.lat - a.place.at.lat || a.place.at.lng - b.place.at.lng);
        ordered.forEach(function ([id, { p, place }]) {
          if (shown.has(id)) return keep(id, p, place);
          shown.set(id, Object.assign({ p }, place));
          make(id);
        });
        const ids = ordered.map(([id]) => id);
        if (!ids.length) return;
        names.all(ids).then((found) => ids.forEach(function (id, at) {
          if (shown.has(id)) shown.get(id).marker.getElement().setAttribute("aria-label", labelOf(shown.get(id).p, found[at]));
        })).catch((error) => { if (!aborted(error)) fault(error); });
      },
      remove() { Array.from(shown.keys()).forEach(drop); },
    };
  }

  Object.assign(window.weipianHeatmap, { frames, namesOf, pressed });
})();
