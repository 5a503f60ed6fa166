/* The lists' grid: theme, Chinese, what a click and Enter mean, and the steps that a list takes in
 * the browser only (address, columns, marked row, clipboard). */
(function () {
  "use strict";

  /* ---- looked up by name from grid options ---- */

  function weipianTheme(base) {
    return base.withParams({
      fontFamily: "inherit",
      fontSize: 14,
      foregroundColor: "var(--ink)",
      backgroundColor: "var(--surface)",
      headerBackgroundColor: "var(--page)",
      headerFontWeight: 600,
      borderColor: "var(--line)",
      accentColor: "var(--accent)",
      rowHoverColor: "rgb(31 95 174 / 6%)",
      wrapperBorderRadius: 6,
      cellHorizontalPadding: 10,
      spacing: 6,
    });
  }

  const WORDS = {
    noRowsToShow: "没有符合条件的图斑",
    loadingOoo: "正在读取…",
    loadingError: "读取失败，请刷新页面",
    filterOoo: "填写筛选值",
    dateFormatOoo: "年-月-日",
    ariaRowSelect: "按空格键选中此行",
  };

  function weipianLocale(params) {
    return WORDS[params.key] || (window.AG_GRID_LOCALE_CN || {})[params.key] || params.defaultValue;
  }

  /* The row under the list is no patch. */
  function isTotal(params) {
    return params.rowPinned === "bottom" || (params.node && params.node.rowPinned === "bottom");
  }

  function chosenRow(params) {
    return { id: params.data.id, patch_no: params.data.patch_no };
  }

  function weipianRowClicked(params, setEventData) {
    const target = params.event && params.event.target;
    if (!params.data || isTotal(params) || (target && target.closest(".ag-selection-checkbox"))) return;
    if (String(window.getSelection())) return; // the reader is marking text to copy
    setEventData(chosenRow(params));
  }

  function weipianRowKey(params, setEventData) {
    if (params.data && !isTotal(params) && params.event && params.event.key === "Enter") {
      setEventData(chosenRow(params));
    }
  }

  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    weipianTheme: weipianTheme,
    weipianLocale: weipianLocale,
    weipianRowClicked: weipianRowClicked,
    weipianRowKey: weipianRowKey,
  });

  /* ---- clientside callbacks ---- */

  function without(search, dropped) {
    const parameters = new URLSearchParams(search);
    Array.from(parameters.keys()).forEach(function (key) {
      if (dropped(key)) parameters.delete(key);
    });
    return parameters.toString();
  }

  /* Which patches are listed, in whatever order. */
  function membership(search) {
    return without(search, (key) => key === "sort");
  }

  /* What the reader has chosen: to move the map or to sort is no step to go back by. */
  function choices(search) {
    return without(search, (key) => key === "sort" || key === "box");
  }

  /* What the grid does not ask for by itself: everything but its own sorting and column filters. */
  function outsideGrid(search) {
    return without(search, (key) => key === "sort" || key.startsWith("f."));
  }

  const shown = {};

  /* The address follows the list without a new page; the grid reads again where it has to. */
  function applyQuery(search, gridId) {
    if (search === undefined || search === null) return window.dash_clientside.no_update;
    const now = {
      element: document.getElementById(gridId),
      members: membership(search),
      chosen: choices(search),
      outside: outsideGrid(search),
    };
    const known = shown[gridId];
    shown[gridId] = now;
    // the first call can come before the grid is in the document
    const same = known && (!known.element || known.element === now.element);
    window.weipianAddress.follow(search, Boolean(same) && known.chosen !== now.chosen);
    if (same && known.members !== now.members) {
      window.dash_ag_grid.getApiAsync(gridId).then(function (api) {
        api.deselectAll(); // what is no longer listed is not acted upon
        api.setGridOption("pinnedTopRowData", []);
        if (known.outside !== now.outside) api.purgeInfiniteCache();
      });
    }
    return search;
  }

  function showColumns(keys, gridId) {
    if (!keys) return window.dash_clientside.no_update;
    window.dash_ag_grid.getApiAsync(gridId).then(function (api) {
      const columns = (api.getColumns() || []).map((column) => column.getColId());
      const locked = (id) => api.getColumn(id).getColDef().lockVisible;
      const free = columns.filter((id) => !id.startsWith("ag-Grid") && !locked(id));
      api.setColumnsVisible(free.filter((id) => keys.includes(id)), true);
      api.setColumnsVisible(free.filter((id) => !keys.includes(id)), false);
    });
    return keys;
  }

  function showTotal(row, gridId) {
    if (!row) return window.dash_clientside.no_update;
    window.dash_ag_grid.getApiAsync(gridId).then(function (api) {
      api.setGridOption("pinnedBottomRowData", [row]);
    });
    return row.id;
  }

  /* A patch picked on the map is selected in the grid; one not loaded there stands above the rows. */
  function markRow(picked, gridId) {
    if (!picked || picked.source !== "map") return window.dash_clientside.no_update;
    window.dash_ag_grid.getApiAsync(gridId).then(function (api) {
      const node = api.getRowNode(String(picked.id));
      api.setGridOption("pinnedTopRowData", node ? [] : [picked.row]);
      if (node) {
        node.setSelected(true);
        api.ensureNodeVisible(node, "middle");
        api.flashCells({ rowNodes: [node] });
      }
    });
    return picked.id;
  }

  /* A click on a drawn patch; cells of many patches are not one. */
  function mapPick(clicks, feature) {
    const p = feature && feature.properties;
    if (!clicks || !p || !p.patch_no) return window.dash_clientside.no_update;
    return { id: p.id, patch_no: p.patch_no, clicks: clicks };
  }

  function markMap(picked) {
    return { selected: picked ? picked.id : null };
  }

  function keep(value) {
    return value === undefined ? window.dash_clientside.no_update : value;
  }

  function fallbackCopy(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "visually-hidden";
    document.body.appendChild(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  /* navigator.clipboard is absent on an intranet address without https. */
  async function copyText(clicks, text) {
    if (!clicks) return window.dash_clientside.no_update;
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return "已复制";
    }
    return fallbackCopy(text) ? "已复制" : "请选中文字后按 Ctrl+C 复制";
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    weipianLists: {
      applyQuery: applyQuery,
      showColumns: showColumns,
      showTotal: showTotal,
      markRow: markRow,
      mapPick: mapPick,
      markMap: markMap,
      keep: keep,
      copyText: copyText,
    },
  });
})();
