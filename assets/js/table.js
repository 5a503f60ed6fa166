/* A table as one component: Dash keeps a subscription per component, and a table of cells and links
 * made of html components costs the browser seconds. Texts become text nodes, never HTML. */
(function () {
  "use strict";

  const h = React.createElement;

  /* Within the application, as dcc.Link does; new tabs and the like stay the browser's. */
  function follow(event) {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.history.pushState({}, "", event.currentTarget.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function words(cell) {
    return cell.href ? h("a", { href: cell.href, onClick: follow }, cell.text) : cell.text;
  }

  function content(cell) {
    if (typeof cell === "string") return cell;
    if (cell.bar !== undefined) {
      const done = h("span", { className: "progress-done", style: { width: cell.bar * 100 + "%" } });
      return h("div", { className: "progress-cell" },
        h("span", { className: "progress-bar-frame", "aria-hidden": "true" }, done),
        h("span", null, cell.text));
    }
    if (!cell.below) return words(cell);
    return [words(cell), h("small", { key: "below", className: "cell-below" }, words(cell.below))];
  }

  /* A table that is wider than its frame opens at the column that is current, not at its first. */
  function showCurrent(frame) {
    const current = frame && frame.querySelector(".column-current");
    if (!current || frame.scrollWidth <= frame.clientWidth) return;
    const first = frame.querySelector("tbody th");
    const room = frame.clientWidth - (first ? first.offsetWidth : 0);
    frame.scrollLeft = current.offsetLeft + current.offsetWidth - frame.clientWidth + Math.max(0, room / 3);
  }

  function PlainTable(props) {
    const frame = React.useRef(null);
    React.useEffect(() => showCurrent(frame.current), [props.caption]);
    const number = props.columns.map((column) => (column.number ? "number" : undefined));
    const drawn = (cell, at) => {
      const own = [number[at], cell.tone].filter(Boolean).join(" ") || undefined;
      const attributes = { key: at, className: own, title: cell.title };
      return at === 0
        ? h("th", Object.assign(attributes, { scope: "row" }), content(cell))
        : h("td", attributes, content(cell));
    };
    const head = props.columns.map((column, at) => {
      const own = [number[at], column.current && "column-current"].filter(Boolean).join(" ");
      return h("th", { key: at, scope: "col", className: own || undefined }, column.header);
    });
    const body = props.rows.map((row, at) =>
      h("tr", { key: at, className: at === props.marked ? "marked" : undefined }, row.map(drawn)));
    return h("div", { className: "table-frame", tabIndex: 0, ref: frame },
      h("table", { className: "plain-table " + (props.className || "") },
        h("caption", { className: "visually-hidden" }, props.caption),
        h("thead", null, h("tr", null, head)),
        h("tbody", null, body)));
  }

  window.weipian = Object.assign({}, window.weipian, { PlainTable, follow });
})();
