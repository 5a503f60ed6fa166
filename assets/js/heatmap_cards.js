/* The cards of 违法占用: of a place, of a patch, of a district; and the squares in view as a table. */
(function () {
  "use strict";

  const { fetchJson, aborted, text, link } = window.weipianHeatmap;

  /* asked: question() as the routes read it, label() of its measure, patchPage(number), closer(bounds). */
  function cardsOf(map, asked) {
    let card = new AbortController();

    /* focused: it was opened by the keyboard, and gives the focus back where it came from.
     * still: the map stays where it is, for what the card is of is in sight; the card moves instead. */
    function popup(at, content, focused, still) {
      const opener = focused ? document.activeElement : null;
      const shown = L.popup({ maxWidth: 320, minWidth: 220, className: "map-card", autoPan: !still, autoPanPadding: [12, 12] })
        .setLatLng(at).setContent(content).openOn(map);
      const button = shown.getElement() && shown.getElement().querySelector(".leaflet-popup-close-button");
      if (button) { button.title = "关闭"; button.setAttribute("aria-label", "关闭"); }
      shown.getElement().addEventListener("keydown", (event) => { if (event.key === "Escape") map.closePopup(shown); });
      if (opener) shown.once("remove", () => giveBack(opener, shown.getElement()));
      return shown;
    }

    /* The card into the map's frame, where it began at its tip. */
    function fit(shown) {
      if (!shown.isOpen()) return;
      const frame = map.getContainer().getBoundingClientRect();
      const card = shown.getElement().getBoundingClientRect();
      const by = L.point(
        Math.max(0, frame.left + 12 - card.left) || Math.min(0, frame.right - 12 - card.right),
        Math.max(0, frame.top + 12 - card.top) || Math.min(0, frame.bottom - 12 - card.bottom));
      if (by.x || by.y) {
        shown.setLatLng(map.containerPointToLatLng(map.latLngToContainerPoint(shown.getLatLng()).add(by)));
      }
    }

    function giveBack(opener, card) {
      const holds = document.activeElement;
      if (holds !== document.body && !card.contains(holds)) return;
      (opener.isConnected ? opener : map.getContainer()).focus({ preventScroll: true });
    }

    /* The sum of a place, its first patches, and the way to all of them. */
    function openCard(place, at, focused, still) {
      card.abort();
      card = new AbortController();
      const frame = text("div", "正在读取…");
      const shown = popup(at, frame, focused, still);
      if (still) fit(shown);
      const url = "/heatmap/first.json?" + asked.question() + "&" + new URLSearchParams(place).toString();
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
        if (still) fit(shown);
        if (focused && frame.querySelector("a")) frame.querySelector("a").focus();
      }).catch(function (error) {
        if (aborted(error)) return;
        frame.textContent = error.message;
        shown.update();
      });
      return shown;
    }

    /* named: promises district and status, null where the reader may not know. */
    function openPatch(p, at, named, focused) {
      const frame = document.createElement("div");
      const where = text("p", "正在读取…");
      frame.append(text("strong", p.patch_no), where);
      p.hint.slice(p.patch_no.length + 1).split("，").forEach((fact) => frame.append(text("p", fact)));
      if (p.latest) frame.append(text("p", "最近一批下发"));
      const foot = text("p", "", "map-card-foot");
      const page = link("打开图斑页", asked.patchPage(p.patch_no));
      foot.append(page);
      frame.append(foot);
      const shown = popup(at, frame, focused);
      if (focused) page.focus({ preventScroll: true });
      named.then(function (name) {
        where.textContent = name ? name.district + "，" + name.status : "";
      }).catch(function (error) {
        where.textContent = aborted(error) ? "" : error.message;
      }).then(function () {
        if (!shown.isOpen()) return;
        // Leaflet puts the card's content in anew, which loses the focus
        const held = frame.contains(document.activeElement);
        shown.update();
        if (held) page.focus({ preventScroll: true });
      });
    }

    function openArea(p, bounds) {
      const frame = document.createElement("div");
      frame.append(text("strong", p.name), text("p", asked.label() + " " + p.text));
      frame.append(text("p", "密度 " + p.density_text + "（" + p.base + p.area_km2.toLocaleString("zh-CN", { maximumFractionDigits: 1 }) + "km²）"));
      const foot = text("p", "", "map-card-foot");
      const nearer = text("button", "放大到这里", "map-card-button");
      nearer.type = "button";
      nearer.addEventListener("click", () => { map.closePopup(); asked.closer(bounds); });
      foot.append(nearer);
      frame.append(foot);
      popup(bounds.getCenter(), frame);
    }

    /* The squares in view as a table: for the keyboard, and for who reads numbers. */
    function fillSquares(place, answer) {
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
      [["中心", ""], [asked.label(), "number"], ["图斑（个）", "number"], ["", ""]].forEach(function ([words, name]) {
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

    return { place: openCard, patch: openPatch, area: openArea, squares: fillSquares, stop() { card.abort(); } };
  }

  Object.assign(window.weipianHeatmap, { cardsOf });
})();
