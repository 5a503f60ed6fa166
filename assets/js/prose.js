/* A long text as one component (components/prose.py), and the links that lead into it. */
(function () {
  "use strict";

  const h = React.createElement;
  const TAGS = new Set(("section article nav div p span strong em small h2 h3 h4 ul ol li dl dt dd blockquote a " +
    "table caption thead tbody tr th td details summary code pre").split(" "));

  /* Texts become text nodes; only the elements above, only links on this server. */
  function draw(node, key) {
    if (typeof node === "string") return node;
    const [tag, given, ...children] = node;
    if (tag === "line") return line(given, key);
    if (tag === "img") return picture(given, key);
    if (!TAGS.has(tag)) return null;
    const attributes = { key };
    if (given.class) attributes.className = given.class;
    if (given.id) attributes.id = given.id;
    if (given.href && /^(#|\/(?!\/))/.test(given.href)) {
      attributes.href = given.href;
      if (given.href[0] === "/") attributes.onClick = (event) => window.weipian.follow(event);
    }
    return h(tag, attributes, ...children.map(draw));
  }

  /* A tiny line of values, as components/cards.py draws it. */
  function line(given, key) {
    return h("svg", { key, className: "sparkline", width: 80, height: 22, role: "img", "aria-label": given.label },
      h("polyline", { points: given.points, fill: "none", stroke: "currentColor", strokeWidth: 1.5 }));
  }

  /* Only from this server; its text stands for it until it is there. */
  function picture(given, key) {
    if (!/^\/(?!\/)/.test(given.src)) return null;
    return h("img", { key, src: given.src, alt: given.alt, loading: "lazy", className: "handbook-picture" });
  }

  /* What the address names: opened, scrolled to and marked until another is. */
  function show(root) {
    const name = decodeURIComponent(window.location.hash.slice(1));
    root.querySelectorAll(".named").forEach((element) => element.classList.remove("named"));
    const target = name && document.getElementById(name);
    if (!target || !root.contains(target)) return;
    const folded = target.closest("details");
    if (folded) folded.open = true;
    target.classList.add("named");
    target.scrollIntoView({ block: "start" });
  }

  function Prose(props) {
    const root = React.useRef(null);
    React.useEffect(() => {
      const again = () => show(root.current);
      again();
      window.addEventListener("hashchange", again);
      return () => window.removeEventListener("hashchange", again);
    }, [props.nodes]);
    return h("div", { ref: root, className: props.className }, ...props.nodes.map(draw));
  }

  window.weipian = Object.assign({}, window.weipian, { Prose });

  /* A link with data-carry takes the view along as the address has it now: lists change it without a
   * navigation, so that what was drawn with the page may be old. */
  const FRAME = ["year", "asof", "known", "district", "screen"];
  function carried(link) {
    const [path, hash] = link.dataset.carry.split("#");
    const now = new URLSearchParams(window.location.search);
    const kept = new URLSearchParams(FRAME.filter((name) => now.get(name)).map((name) => [name, now.get(name)]));
    const query = kept.toString();
    return path + (query ? "?" + query : "") + (hash ? "#" + hash : "");
  }

  document.addEventListener("pointerdown", (event) => {
    const link = event.target.closest && event.target.closest("a[data-carry]");
    if (link) link.href = carried(link);
  }, true);

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[data-carry]");
    if (!link) return;
    link.href = carried(link);
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.history.pushState({}, "", link.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  });
})();
