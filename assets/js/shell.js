/* The frame's behaviour in the browser: navigation, card menus, copying, saving charts. */
(function () {
  "use strict";

  const COLLAPSED = "weipian-nav-collapsed";
  const isPhone = () => window.matchMedia("(max-width: 760px)").matches;
  const byId = (id) => document.getElementById(id);

  function remembered() {
    try { return window.localStorage.getItem(COLLAPSED) === "yes"; } catch { return false; }
  }

  function remember(collapsed) {
    try { window.localStorage.setItem(COLLAPSED, collapsed ? "yes" : "no"); } catch { /* private window */ }
  }

  /* The frame's class for an address: the wall's dress, the navigation collapsed (desk) or open (phone). */
  function frameClass(search, path, menu, backdrop, present) {
    window.weipianAddress.toldDash(search);
    const fired = window.dash_clientside.callback_context.triggered.map((t) => t.prop_id.split(".")[0]);
    const classes = new Set((present || "").split(" "));
    let open = classes.has("nav-open");
    if (fired.includes("menu")) {
      if (isPhone()) open = !open;
      else remember(!remembered());
    } else {
      open = false;
    }
    const names = ["frame"];
    if (new URLSearchParams(search || "").get("screen") === "1") names.push("screen");
    if (open) names.push("nav-open");
    if (remembered()) names.push("nav-collapsed");
    const button = byId("menu");
    if (button) button.setAttribute("aria-expanded", String(isPhone() ? open : !remembered()));
    document.documentElement.classList.toggle("on-wall", names.includes("screen"));
    return names.join(" ");
  }

  function closeToast(clicks) {
    return clicks ? [] : window.dash_clientside.no_update;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { shell: { frameClass, closeToast } });

  function say(text, isBad) {
    const note = document.createElement("div");
    note.className = isBad ? "toast-note" : "toast-note toast-good";
    note.textContent = text;
    byId("notices").replaceChildren(note);
    window.setTimeout(() => note.remove(), isBad ? 8000 : 4000);
  }
  window.weipianSay = say; // for the scripts beside this one

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      /* plain http has no clipboard: the old way works there */
      const area = document.createElement("textarea");
      area.value = text;
      area.style.position = "fixed";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say("已复制链接");
  }

  /* The chart as a picture that says what it shows and of when. */
  function saveImage(id, name, stamp) {
    const graph = document.querySelector("#" + id + " .js-plotly-plot");
    if (!graph || !window.Plotly) return;
    const layout = Object.assign({}, graph.layout, {
      title: { text: name, x: 0.02, font: { size: 18 } },
      paper_bgcolor: "#ffffff",
      margin: { l: 60, r: 90, t: 60, b: 70 },
      annotations: (graph.layout.annotations || []).concat([{
        text: stamp, xref: "paper", yref: "paper", x: 0, y: -0.16, showarrow: false,
        font: { size: 12, color: "#667085" },
      }]),
    });
    window.Plotly.downloadImage(
      { data: graph.data, layout: layout },
      { format: "png", width: 1200, height: 600, scale: 2, filename: name },
    );
  }

  function closeDetails(except) {
    document.querySelectorAll("details.definition[open], details.card-actions[open]").forEach((d) => {
      if (d !== except && !d.contains(except)) d.removeAttribute("open");
    });
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy], [data-save], [data-show]");
    closeDetails(target ? null : event.target);
    if (!target) return;
    const { copy: address, save: graph, show: details } = target.dataset;
    if (address) copy(new URL(address, window.location.href).href);
    if (graph) saveImage(graph, target.dataset.name, target.dataset.stamp);
    if (details && byId(details)) {
      byId(details).setAttribute("open", "");
      byId(details).scrollIntoView({ block: "nearest" });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.definition[open], details.card-actions[open]");
    if (open) {
      open.removeAttribute("open");
      open.querySelector("summary").focus();
    } else if (document.querySelector(".frame.nav-open")) {
      byId("menu").click();
      byId("menu").focus();
    }
  });
})();
