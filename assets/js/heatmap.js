/* 违法占用: the address and the map follow the boxes above it; cards, time bar, outline by hand,
 * exports. What is drawn is in heatmap_layers.js. */
(function () {
  "use strict";

  /* As in callbacks/heatmap_address.py and components/ids.py. */
  const QUESTION = ["measure", "months", "type", "against", "against_months"];
  const OWN = [...QUESTION, "day", "layer", "radius", "by", "colour", "overlays"];
  const DEFAULTS = { measure: "remaining_farmland_mu", layer: "heat", radius: "1000", by: "district", colour: "status" };
  const byId = (id) => document.getElementById(id);
  const lib = () => window.weipianLayers;
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

  /* The question as the routes of the map read it. */
  function question(own) {
    const query = new URLSearchParams({ year: page.frame.year, asof: own.day || page.frame.asof });
    if (page.frame.district) query.set("district", page.frame.district);
    QUESTION.forEach((key) => { if (own[key]) query.set(key, own[key]); });
    return query.toString().replaceAll("%2C", ",");
  }

  function bboxOf(map) {
    const b = map.getBounds();
    return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((v) => v.toFixed(6)).join(",");
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
    replace(query);
    page.own = own;
    page.frame = frame;
    draw();
    return own;
  }

  function replace(query) {
    const search = query.toString() ? "?" + query.toString().replaceAll("%2C", ",") : "";
    if (search !== window.location.search && window.location.pathname === "/heatmap") {
      window.history.replaceState(window.history.state, "", "/heatmap" + search);
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
    if (!view || view.map !== page.map) view = makeView(page.map);
    view.show();
  }

  function makeView(map) {
    const { panes, text, fetchJson, aborted, kinds, calm } = lib();
    panes(map);
    const renderer = L.canvas({ pane: "heatmap-data", padding: 0.2 });
    const stage = byId("heatmap-stage");
    let layer = null;
    let kind = "";
    let drawn = "";
    let card = new AbortController();
    let touched = false;
    let outline = null;
    let loaded = Promise.resolve();
    const overlays = lib().overlays(map);
    const imagery = lib().imagery(map, page.frame.imagery || []);

    const own = () => readOwn(page.own);

    const hooks = {
      renderer,
      until: () => page.frame.asof,
      fault(error) {
        if (aborted(error)) return;
        stage.querySelector(".map-fault").textContent = error.message;
      },
      fine() { stage.querySelector(".map-fault").textContent = ""; },
      legend(parts) { byId("heatmap-legend").replaceChildren(...parts); },
      label() {
        const box = byId("heatmap-measure");
        return box && box.selectedOptions.length ? box.selectedOptions[0].textContent : "";
      },
      go(box) { touched = true; go(map, box); },
      card: openCard,
      patch: openPatch,
      area: openArea,
      squares: fillSquares,
    };

    function popup(at, content) {
      const shown = L.popup({ maxWidth: 320, minWidth: 220, className: "map-card", autoPanPadding: [12, 12] })
        .setLatLng(at).setContent(content).openOn(map);
      const button = shown.getElement() && shown.getElement().querySelector(".leaflet-popup-close-button");
      if (button) { button.title = "关闭"; button.setAttribute("aria-label", "关闭"); }
      return shown;
    }

    /* The sum of a place, its first patches, and the way to all of them. */
    function openCard(place, at, focus) {
      card.abort();
      card = new AbortController();
      const frame = text("div", "正在读取…");
      const shown = popup(at, frame);
      const url = "/heatmap/first.json?" + question(own()) + "&" + new URLSearchParams(place).toString();
      fetchJson(url, card.signal).then(function (answer) {
        const parts = [text("strong", answer.label + " " + answer.text), text("p", answer.patches_text)];
        if (answer.first.length) {
          const list = document.createElement("ol");
          answer.first.forEach(function (patch) {
            const row = document.createElement("li");
            row.append(link(patch.patch_no, patch.href), text("span", patch.text, "number"), text("small", patch.place));
            list.append(row);
          });
          parts.push(list);
          const foot = text("p", "", "map-card-foot");
          const book = link("导出 xlsx", answer.workbook);
          book.download = "";
          foot.append(link("查看" + answer.patches_text, answer.list), book);
          parts.push(foot);
        }
        frame.replaceChildren(...parts);
        shown.update();
        if (focus && frame.querySelector("a")) frame.querySelector("a").focus();
      }).catch(function (error) {
        if (aborted(error)) return;
        frame.textContent = error.message;
        shown.update();
      });
      return shown;
    }

    function openPatch(p, at) {
      const frame = document.createElement("div");
      const [name, rest] = p.hint.split("：");
      frame.append(text("strong", name));
      (rest || "").split("，").forEach((fact) => frame.append(text("p", fact)));
      if (p.latest) frame.append(text("p", "最近一批下发"));
      const query = new URLSearchParams({ year: page.frame.year, asof: own().day || page.frame.asof });
      if (page.frame.district) query.set("district", page.frame.district);
      const foot = text("p", "", "map-card-foot");
      foot.append(link("打开图斑页", "/patches/" + page.frame.year + "/" + encodeURIComponent(p.patch_no) + "?" + query));
      frame.append(foot);
      popup(at, frame);
    }

    function openArea(p, bounds) {
      const frame = document.createElement("div");
      frame.append(text("strong", p.name), text("p", hooks.label() + " " + p.text));
      frame.append(text("p", "密度 " + p.density_text + "（" + p.base + p.area_km2.toLocaleString("zh-CN", { maximumFractionDigits: 1 }) + "km²）"));
      const foot = text("p", "", "map-card-foot");
      const nearer = text("button", "放大到这里", "map-card-button");
      nearer.type = "button";
      nearer.addEventListener("click", () => { map.closePopup(); touched = true; map.fitBounds(bounds, { animate: !calm() }); });
      foot.append(nearer);
      frame.append(foot);
      popup(bounds.getCenter(), frame);
    }

    /* The squares in view as a table: for the keyboard, and for who reads numbers. */
    function fillSquares(answer) {
      const place = byId("heatmap-bins");
      if (!place) return;
      const open = place.querySelector("details") ? place.querySelector("details").open : false;
      if (!answer || !answer.features.length) { place.replaceChildren(); return; }
      const rows = answer.features.map((f) => f.properties)
        .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
      const details = document.createElement("details");
      details.className = "more";
      details.open = open;
      const head = rows.length > 30 ? "，列出最大的30格" : "";
      details.append(text("summary", "看表格：视图内" + rows.length + "格" + head));
      const table = document.createElement("table");
      table.className = "plain-table";
      const top = table.createTHead().insertRow();
      [["中心", ""], [hooks.label(), "number"], ["图斑（个）", "number"], ["", ""]].forEach(function ([words, name]) {
        const cell = text("th", words, name);
        cell.scope = "col";
        top.append(cell);
      });
      const body = table.createTBody();
      rows.slice(0, 30).forEach(function (p) {
        const [west, south, east, north] = p.box;
        const at = L.latLng((south + north) / 2, (west + east) / 2);
        const row = body.insertRow();
        const name = text("th", "东经" + at.lng.toFixed(3) + "°，北纬" + at.lat.toFixed(3) + "°");
        name.scope = "row";
        const button = text("button", "查看", "map-card-button");
        button.type = "button";
        button.addEventListener("click", () => openCard({ bbox: p.box.join(",") }, at, true));
        const last = document.createElement("td");
        last.append(button);
        row.append(name, text("td", p.text, "number"), text("td", p.patches.toLocaleString("zh-CN"), "number"), last);
      });
      const frame = text("div", "", "table-frame");
      frame.append(table);
      details.append(frame);
      place.replaceChildren(details);
    }

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
      if (outline && drawn) { dropOutline(); map.closePopup(); }
      drawn = key;
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

    function dropOutline() {
      if (!outline) return;
      outline.shape.remove();
      outline = null;
      links();
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

    const time = timeBar(() => loaded);
    const lasso = lassoOf(map, function (corners) {
      dropOutline();
      const shape = L.polygon(corners, {
        pane: "heatmap-data", renderer, interactive: false, color: token("accent"), weight: 2, dashArray: "6 4",
        fillOpacity: 0.08,
      }).addTo(map);
      const poly = corners.map((c) => c.lng.toFixed(6) + "," + c.lat.toFixed(6)).join(";");
      outline = { shape, poly };
      links();
      outline.card = openCard({ poly }, shape.getBounds().getCenter());
    });

    function token(name) { return lib().token(name); }

    function leave() {
      time.stop();
      lasso.end();
      card.abort();
      if (layer) layer.remove();
      overlays.remove();
      imagery.remove();
      if (view && view.map === map) view = null;
      if (page.map === map) page.map = null;
    }
    map.on("unload", leave);

    return { map, show, leave, go: (box) => { touched = true; go(map, box); }, lasso, time };
  }

  /* Pictures of the ground on any map (components/maps/base.py, swipe_layer), shown by a button. */
  function swipe(feature, layer, context) {
    const map = context.map;
    const container = map.getContainer();
    if (container.querySelector(".swipe-button")) return;
    lib().panes(map);
    const imagery = lib().imagery(map, feature.properties.pictures);
    const button = lib().text("button", "前后影像", "btn btn-sm btn-light swipe-button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", function () {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      button.classList.toggle("active", on);
      imagery.show(on);
    });
    L.DomEvent.disableClickPropagation(button);
    container.append(button);
    map.on("unload", () => imagery.remove());
  }

  function go(map, box) {
    const [west, south, east, north] = box;
    const bounds = L.latLngBounds([[south, west], [north, east]]);
    map.fitBounds(bounds, { animate: !lib().calm(), padding: [20, 20], maxZoom: 17 });
  }

  function link(words, address) {
    const anchor = lib().text("a", words);
    anchor.setAttribute("href", address);
    if (!address.startsWith("/export")) anchor.addEventListener("click", window.weipian.follow);
    return anchor;
  }

  /* ---- the days ---- */

  const STEP_MS = 1200;

  /* Month ends up to the as-of date; playing goes on when the next day's layer is there. */
  function timeBar(loaded) {
    const place = byId("heatmap-time");
    const days = page.frame.days;
    if (!place || days.length < 2) return { show() {}, say() {}, stop() {} };
    const { text, calm } = lib();
    let playing = false;
    let turn = 0;

    function button(words, name, act) {
      const made = text("button", words, "btn btn-sm btn-outline-secondary");
      made.type = "button";
      made.setAttribute("aria-label", name);
      made.title = name;
      made.addEventListener("click", act);
      return made;
    }

    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: 0, max: days.length - 1, step: 1, className: "time-range" });
    range.setAttribute("aria-label", "显示日期");
    const output = text("output", "", "time-day");
    const ends = text("span", days[0].text + "—" + days[days.length - 1].text, "time-ends");

    function to(at) {
      const entry = days[Math.max(0, Math.min(days.length - 1, at))];
      mark(entry.day);
      change({ day: entry.day === page.frame.asof ? "" : entry.day });
    }

    const placeOf = (day) => Math.max(0, days.findIndex((d) => d.day === day));
    const nameOf = (at) => days[at].text + (at === days.length - 1 ? "（基准日）" : "");

    function mark(day) {
      const at = placeOf(day);
      range.value = at;
      range.setAttribute("aria-valuetext", nameOf(at));
    }

    function say(day) { output.textContent = "显示 " + nameOf(placeOf(day)); }

    function stop() {
      playing = false;
      turn += 1;
      play.textContent = "▶ 播放";
      play.setAttribute("aria-label", "逐期播放");
      play.title = "逐期播放";
    }

    async function run() {
      const mine = (turn += 1);
      playing = true;
      play.textContent = "❚❚ 暂停";
      play.setAttribute("aria-label", "暂停播放");
      play.title = "暂停播放";
      let at = Number(range.value) >= days.length - 1 ? 0 : Number(range.value) + 1;
      while (playing && mine === turn) {
        to(at);
        await new Promise((resolve) => window.setTimeout(resolve, STEP_MS));
        await loaded();
        if (at >= days.length - 1) break;
        at += 1;
      }
      if (mine === turn) stop();
    }

    const play = button("▶ 播放", "逐期播放", () => (playing ? stop() : run()));
    // where movement is unwelcome, one goes step by step
    if (calm()) play.hidden = true;
    range.addEventListener("input", function () { stop(); mark(days[range.value].day); });
    range.addEventListener("change", () => to(Number(range.value)));
    const back = button("‹", "上一期", function () { stop(); to(Number(range.value) - 1); });
    const next = button("›", "下一期", function () { stop(); to(Number(range.value) + 1); });
    place.replaceChildren(play, back, range, next, output, ends);
    return {
      show(day) { if (document.activeElement !== range || playing) mark(day); },
      say,
      stop,
    };
  }

  /* ---- an outline by hand ---- */

  function lassoOf(map, done) {
    let sheet = null;
    const button = byId("heatmap-lasso");

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
      sheet.append(drawing, lib().text("p", "按住并拖动，圈出范围；按 Esc 取消"));
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

  window.dashExtensions = Object.assign({}, window.dashExtensions, { heatmap: { ready, swipe, unseen } });
  window.dash_clientside = Object.assign({}, window.dash_clientside, { heatmap: { choose, apply } });
})();
