/* 违法占用: the address and the map follow the boxes above it; exports hold what is seen. The rest is in
 * heatmap_….js: layers, patches, frames for the keyboard, cards, the time bar, the outline by hand. */
(function () {
  "use strict";

  /* As in callbacks/heatmap_address.py and components/ids.py. */
  const QUESTION = ["measure", "months", "type", "against", "against_months"];
  const OWN = [...QUESTION, "day", "layer", "radius", "by", "colour", "overlays"];
  const DEFAULTS = { measure: "remaining_farmland_mu", layer: "heat", radius: "1000", by: "district", colour: "status" };
  const byId = (id) => document.getElementById(id);
  const lib = () => window.weipianHeatmap;
  const same = window.dash_clientside ? window.dash_clientside.no_update : undefined;
  const noUpdate = () => window.dash_clientside.no_update || same;

  /* The page that is shown: its map, its part of the address, what the frame says. */
  const page = { map: null, own: null, frame: null };
  let view = null;

  const readOwn = (text) => Object.fromEntries(new URLSearchParams(text || ""));

  function writeOwn(values) {
    const query = new URLSearchParams();
    OWN.forEach((key) => {
      if (values[key] && values[key] !== DEFAULTS[key]) query.set(key, values[key]);
    });
    return query.toString().replaceAll("%2C", ",");
  }

  /* Year, shown day and district, as every page has them in its address. */
  function frameOf(own) {
    const query = new URLSearchParams({ year: page.frame.year, asof: own.day || page.frame.asof });
    if (page.frame.district) query.set("district", page.frame.district);
    return query;
  }

  /* The question as the routes of the map read it. */
  function question(own) {
    const query = frameOf(own);
    QUESTION.forEach((key) => { if (own[key]) query.set(key, own[key]); });
    return query.toString().replaceAll("%2C", ",");
  }

  /* ---- the boxes above the map ---- */

  function said(chosen, options, everything) {
    const names = (options || []).filter((o) => (chosen || []).includes(o.value)).map((o) => o.label);
    if (!names.length) return everything;
    return names.length <= 3 ? names.join("、") : names.length + "个月";
  }

  function choose(measure, months, type, against, againstDay, againstMonths, layer, radius, by, colour,
    overlays, monthOptions, present) {
    const own = readOwn(present);
    const wanted = writeOwn({
      measure,
      months: (months || []).slice().sort().join(","),
      type: type === "all" ? "" : type,
      against: against === "day" ? (againstDay || "").slice(0, 10) : "",
      against_months: against === "months" ? (againstMonths || []).slice().sort().join(",") : "",
      day: own.day, layer, radius, by, colour,
      overlays: (overlays || []).join(","),
    });
    return [
      wanted === writeOwn(own) ? noUpdate() : wanted,
      said(months, monthOptions, "全部月份"),
      said(againstMonths, monthOptions, "请选择月份"),
      against !== "day", against !== "months",
      layer !== "heat", layer !== "areas", layer !== "patches",
    ];
  }

  /* The address follows without a new page; so does the map. */
  function apply(own, frame) {
    if (own === undefined || own === null || !frame) return noUpdate();
    const query = new URLSearchParams(window.location.search);
    OWN.forEach((key) => query.delete(key));
    new URLSearchParams(own).forEach((value, key) => query.set(key, value));
    replace(query, page.own !== null && page.frame === frame && asked(page.own) !== asked(own));
    page.own = own;
    page.frame = frame;
    draw();
    return own;
  }

  /* Another question is a step to go back by; another day or layer of the same is none. */
  function asked(own) {
    const query = new URLSearchParams(own);
    return QUESTION.map((key) => query.get(key) || "").join("|");
  }

  function replace(query, isStep) {
    const search = query.toString() ? "?" + query.toString().replaceAll("%2C", ",").replaceAll("%3B", ";") : "";
    if (search !== window.location.search && window.location.pathname === "/heatmap") {
      window.weipianAddress.follow(search, isStep);
    }
  }

  function change(values) {
    const own = writeOwn(Object.assign(readOwn(page.own), values));
    if (own !== page.own) window.dash_clientside.set_props("heatmap-query", { data: own });
  }

  /* ---- the map ---- */

  function unseen() {
    return { opacity: 0, fillOpacity: 0, radius: 0, weight: 0, interactive: false };
  }

  /* Called once the map exists (components/heatmap.py, map_hook). */
  function ready(feature, layer, context) {
    const map = context.map;
    if (view && view.map === map) return;
    if (view) view.leave();
    page.map = map;
    window.setTimeout(draw, 0);
  }

  function draw() {
    if (!page.map || page.own === null || !page.frame || !byId("heatmap-stage")) return;
    if (!byId("heatmap-stage").contains(page.map.getContainer())) return;
    const first = !view || view.map !== page.map;
    if (first) view = makeView(page.map);
    view.show();
    if (first) tellView(page.map);
  }

  /* The component tells its box only where centre or zoom are not those that it was given. */
  function tellView(map) {
    const b = map.getBounds();
    const bounds = [[b.getSouth(), b.getWest()], [b.getNorth(), b.getEast()]];
    window.dash_clientside.set_props("heatmap-map", { bounds });
  }

  function makeView(map) {
    const { kinds, aborted, bboxOf, calm, cardsOf, lassoOf, timeBar, token } = lib();
    lib().panes(map);
    const renderer = L.canvas({ pane: "heatmap-data", padding: 0.2 });
    const stage = byId("heatmap-stage");
    let layer = null;
    let kind = "";
    let drawn = "";
    let touched = false;
    let outline = null;
    let loaded = Promise.resolve();
    const overlays = lib().overlays(map);
    const imagery = lib().imagery(map, page.frame.imagery || []);

    const own = () => readOwn(page.own);

    const label = function () {
      const box = byId("heatmap-measure");
      return box && box.selectedOptions.length ? box.selectedOptions[0].textContent : "";
    };
    const cards = cardsOf(map, {
      question: () => question(own()),
      label,
      patchPage: (number) => "/patches/" + page.frame.year + "/" + encodeURIComponent(number) + "?" + frameOf(own()),
      closer(bounds) { touched = true; map.fitBounds(bounds, { animate: !calm() }); },
    });

    const hooks = {
      renderer,
      until: () => page.frame.asof,
      fault(error) {
        if (aborted(error)) return;
        stage.querySelector(".map-fault").textContent = error.message;
      },
      fine() { stage.querySelector(".map-fault").textContent = ""; },
      legend(parts) { byId("heatmap-legend").replaceChildren(...parts); },
      label,
      go(box) { touched = true; go(map, box); },
      card: cards.place,
      patch: cards.patch,
      area: cards.area,
      squares(answer) { if (byId("heatmap-bins")) cards.squares(byId("heatmap-bins"), answer); },
    };

    function show() {
      const values = own();
      const wanted = values.layer || "heat";
      if (wanted !== kind) {
        if (layer) layer.remove();
        layer = kinds[wanted](map, hooks);
        kind = wanted;
        drawn = "";
        map.closePopup();
      }
      overlays.show((values.overlays || "").split(",").filter(Boolean), page.frame.versions || {});
      imagery.show((values.overlays || "").split(",").includes("imagery"));
      const day = values.day || page.frame.asof;
      time.show(day);
      links();
      const key = question(values) + "|" + [values.radius, values.by, values.colour].join("|");
      if (key === drawn) return time.say(day);
      const first = !drawn;
      if (outline && !first) { dropOutline(); map.closePopup(); }
      drawn = key;
      if (first) takeUpOutline();
      loaded = layer.show(question(values), values);
      // what the map still shows is not called by the next day's name
      loaded.then(() => { if (key === drawn) time.say(day); });
    }

    /* Where the list of the view and the exports lead: files hold what is outlined, if anything is. */
    function links() {
      const list = document.querySelector("[data-view-list]");
      if (list) list.setAttribute("href", list.dataset.viewList + "?" + question(own()) + "&bbox=" + bboxOf(map));
      const place = outline ? "poly=" + outline.poly : "bbox=" + bboxOf(map);
      document.querySelectorAll("[data-export]").forEach(function (entry) {
        const [path, fixed] = entry.dataset.export.split("?");
        const picture = path === "/map/picture.png";
        const parts = [question(own()), fixed, picture ? "bbox=" + bboxOf(map) + look() : place];
        entry.setAttribute("href", path + "?" + parts.filter(Boolean).join("&"));
      });
      const note = document.querySelector("[data-export-note]");
      if (note) note.textContent = "内容为" + (outline ? "圈选范围内" : "当前视图内") + "、当前条件下的图斑。";
    }

    /* How the map is shown, as the picture's address says it. */
    function look() {
      const values = own();
      const over = (values.overlays || "").split(",").filter((name) => name && name !== "imagery");
      const parts = { layer: values.layer || "heat", until: page.frame.asof, overlays: over.join(",") };
      ["radius", "by", "colour"].forEach((key) => { parts[key] = values[key]; });
      return Object.keys(parts).filter((key) => parts[key]).map((key) => "&" + key + "=" + parts[key]).join("");
    }

    /* The outline stands in the address, so that a colleague sees the same. */
    function setOutline(corners, poly) {
      const shape = L.polygon(corners, {
        pane: "heatmap-data", renderer, interactive: false, color: token("accent"), weight: 2, dashArray: "6 4",
        fillOpacity: 0.08,
      }).addTo(map);
      outline = { shape, poly };
      links();
      outline.card = cards.place({ poly }, shape.getBounds().getCenter(), false, true);
    }

    function dropOutline() {
      if (!outline) return;
      outline.shape.remove();
      outline = null;
      links();
      tellOutline("");
    }

    function tellOutline(poly) {
      const query = new URLSearchParams(window.location.search);
      if ((query.get("poly") || "") === poly) return;
      if (poly) query.set("poly", poly); else query.delete("poly");
      replace(query);
    }

    /* What cannot be read is named by the page (callbacks/heatmap/address.py) and not drawn. */
    function takeUpOutline() {
      const poly = new URLSearchParams(window.location.search).get("poly") || "";
      const corners = poly.split(";").filter(Boolean).map((c) => c.split(",").map(Number));
      if (corners.length < 3 || corners.some((c) => c.length !== 2 || !c.every(Number.isFinite))) return;
      setOutline(corners.map(([lng, lat]) => L.latLng(lat, lng)), poly);
    }

    function moved() {
      if (layer && layer.follows) layer.show(question(own()), own());
      links();
      if (!touched) return;
      const query = new URLSearchParams(window.location.search);
      query.set("view", bboxOf(map));
      replace(query);
    }

    const touch = () => { touched = true; };
    map.getContainer().addEventListener("pointerdown", touch);
    map.getContainer().addEventListener("wheel", touch, { passive: true });
    map.getContainer().addEventListener("keydown", touch);
    map.on("moveend", moved);
    map.on("popupclose", (event) => { if (outline && event.popup === outline.card) dropOutline(); });

    const showDay = (day) => change({ day: day === page.frame.asof ? "" : day });
    const time = timeBar(byId("heatmap-time"), page.frame.days, showDay, () => loaded);
    const lasso = lassoOf(map, byId("heatmap-lasso"), function (corners) {
      dropOutline();
      const poly = corners.map((c) => c.lng.toFixed(5) + "," + c.lat.toFixed(5)).join(";");
      tellOutline(poly);
      setOutline(corners, poly);
    });

    function leave() {
      outline = null; // the card of a map that goes away does not take it out of the address
      time.stop();
      lasso.end();
      cards.stop();
      if (layer) layer.remove();
      overlays.remove();
      imagery.remove();
      if (view && view.map === map) view = null;
      if (page.map === map) page.map = null;
    }
    map.on("unload", leave);

    return { map, show, leave, go: (box) => { touched = true; go(map, box); }, lasso, time };
  }

  function go(map, box) {
    const [west, south, east, north] = box;
    const bounds = L.latLngBounds([[south, west], [north, east]]);
    map.fitBounds(bounds, { animate: !lib().calm(), padding: [20, 20], maxZoom: 17 });
  }

  /* ---- clicks beside the map ---- */

  document.addEventListener("click", function (event) {
    if (!view) return;
    const spot = event.target.closest("#heatmap-spots-content [data-box]");
    if (spot) {
      view.go(spot.dataset.box.split(",").map(Number));
      byId("heatmap-stage").scrollIntoView({ block: "nearest" });
    }
    if (event.target.closest("#heatmap-lasso")) view.lasso.toggle();
    const list = event.target.closest("[data-view-list]");
    if (list && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      window.history.pushState({}, "", list.getAttribute("href"));
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    }
    document.querySelectorAll(".map-bar details[open], .filter-bar .months-chooser[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    });
  });

  window.dashExtensions = Object.assign({}, window.dashExtensions);
  window.dashExtensions.heatmap = Object.assign({}, window.dashExtensions.heatmap, { ready, unseen });
  window.dash_clientside = Object.assign({}, window.dash_clientside, { heatmap: { choose, apply } });
})();
