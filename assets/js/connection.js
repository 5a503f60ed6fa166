/* The server gone: a sentence, retries, and the page goes on by itself; newer data: a note. What the
 * page brought along (callbacks/frame/first_answer.py) is handed to Dash, and files are fetched when an
 * answer needs them. */
(function () {
  "use strict";

  const ask = window.fetch.bind(window);
  const OURS = ["/_dash-update-component", "/_dash-layout", "/_dash-dependencies"];
  const AWAY = [502, 503, 504];
  const LONGEST_WAIT_MS = 5000;
  const VERSION_EVERY_MS = 30000;
  const SAID = "服务暂时连不上，正在重试。恢复后会自动继续，不必刷新页面。";
  const BACK = "服务已恢复。";
  const UNSURE = "服务暂时连不上，刚才点的操作不一定完成。恢复后请先查看结果，需要时再点一次。";
  const BACK_SHOWN_MS = 4000;

  let leaving = false;
  let waiting = 0;
  let needsReload = false;
  window.addEventListener("pagehide", () => { leaving = true; });
  window.addEventListener("beforeunload", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });

  function note(name, text) {
    let element = document.querySelector("." + name);
    if (!element) {
      element = document.createElement("div");
      element.className = "connection-note " + name;
      element.setAttribute("role", name === "server-gone" ? "alert" : "status");
      document.body.append(element);
    }
    element.replaceChildren(document.createTextNode(text));
    return element;
  }

  function remove(name) {
    const element = document.querySelector("." + name);
    if (element) element.remove();
  }

  function gone() {
    waiting += 1;
    if (!document.querySelector(".server-gone")) note("server-gone", SAID);
    if (waiting === 1) window.setTimeout(look, 1000);
  }

  function back() {
    if (!waiting) return;
    waiting = 0;
    remove("server-gone");
    if (needsReload) {
      window.location.reload();
      return;
    }
    note("server-back", BACK);
    window.setTimeout(() => remove("server-back"), BACK_SHOWN_MS);
  }

  /* Nothing may be asking: the way back is looked for all the same. */
  async function look() {
    if (!waiting || leaving) return;
    try {
      const answer = await ask("/healthz", { cache: "no-store" });
      if (answer.ok) return back();
    } catch { /* still gone */ }
    window.setTimeout(look, 2000);
  }

  const pause = (milliseconds) => new Promise((done) => window.setTimeout(done, milliseconds));

  /* What a button asked may have been done before the answer was lost: it is not asked again. */
  function isPressed(options) {
    try {
      const changed = JSON.parse(options.body).changedPropIds || [];
      return changed.some((name) => name.endsWith(".n_clicks"));
    } catch {
      return false;
    }
  }

  /* Signed out meanwhile: the way in leads back to this very view. */
  function signIn() {
    if (leaving) return;
    leaving = true;
    const here = window.location.pathname + window.location.search;
    window.location.assign("/login?next=" + encodeURIComponent(here));
  }

  function refused(text) {
    let sentence = text;
    try {
      sentence = JSON.parse(text).message || text;
    } catch { /* a plain sentence */ }
    const element = note("not-allowed", sentence.slice(0, 200));
    window.setTimeout(() => element.remove(), 8000);
  }

  async function persist(address, options) {
    for (let turn = 0; ; turn += 1) {
      let failure = null;
      let answer = null;
      try {
        answer = await ask(address, options);
        if (!AWAY.includes(answer.status)) {
          back();
          if (answer.status === 401) signIn();
          if (answer.status === 403) answer.clone().text().then(refused);
          return answer;
        }
      } catch (error) {
        failure = error;
        if (leaving || error.name === "AbortError") throw error;
      }
      gone();
      if (isPressed(options || {})) {
        note("server-gone", UNSURE);
        if (failure) throw failure;
        return answer;
      }
      await pause(Math.min(500 * 2 ** turn, LONGEST_WAIT_MS));
    }
  }

  /* ---- what the page brought along ---- */

  const brought = document.getElementById("first-answer");
  const first = brought ? JSON.parse(brought.textContent) : { bundles: {} };
  // beside the scripts, of which Dash is one
  let dependencies = first.dependencies && persist(first.dependencies, { credentials: "same-origin" });

  function broughtAlong(path) {
    if (path.includes("/_dash-dependencies") && dependencies) {
      const answer = dependencies;
      dependencies = null;
      return answer;
    }
    const isHere = first.address === window.location.pathname + window.location.search;
    if (!path.includes("/_dash-layout") || !first.layout || !isHere) return null;
    const body = JSON.stringify(first.layout);
    first.layout = null;
    return Promise.resolve(new Response(body, { headers: { "Content-Type": "application/json" } }));
  }

  /* ---- scripts that only some answers need ---- */

  const loading = {};
  function load(name) {
    loading[name] = loading[name] || new Promise((done) => {
      const script = document.createElement("script");
      script.src = first.bundles[name];
      script.onload = done; // where it fails, the page begins anew once the server is back
      document.head.append(script);
    });
    return loading[name];
  }

  async function withParts(answer) {
    const names = answer.headers.get("X-Bundles");
    if (names) await Promise.all(names.split(" ").map(load));
    return answer;
  }

  if (first.bundles.charts) { // dcc.Graph fetches plotly.js from there
    Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => first.bundles.charts, set() {} });
  }

  let asking = 0; // answers that Dash still waits for

  window.fetch = function (address, options) {
    const path = String((address && address.url) || address);
    if (!OURS.some((own) => path.includes(own))) return ask(address, options);
    asking += 1;
    return (broughtAlong(path) || persist(address, options).then(withParts)).finally(() => { asking -= 1; });
  };
  window.weipianConnection = { isAsking: () => asking > 0 };

  /* A part of the program that could not be fetched is only fetched by a new page. */
  window.addEventListener("error", (event) => {
    const source = event.target && (event.target.src || event.target.href);
    const isPart = event.target instanceof HTMLScriptElement || event.target instanceof HTMLLinkElement;
    if (!isPart || !source || !source.startsWith(window.location.origin) || leaving) return;
    needsReload = true;
    gone();
  }, true);

  /* ---- newer data ---- */

  const isOnWall = () => document.documentElement.classList.contains("on-wall");

  function shownVersion() {
    const stamp = document.querySelector("[data-version]");
    return stamp ? Number(stamp.dataset.version) : null;
  }

  async function compare() {
    if (document.hidden || isOnWall() || shownVersion() === null || waiting) return;
    let version;
    try {
      const answer = await ask("/version.json", { cache: "no-store" });
      if (answer.status === 401) return signIn();
      if (!answer.ok) return;
      version = (await answer.json()).version;
    } catch {
      return;
    }
    const shown = shownVersion();
    if (shown === null || version <= shown) {
      remove("newer-data");
      return;
    }
    const element = note("newer-data", "已有更新的数据（版本 " + version + "），本页显示的是版本 " + shown + "。");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "刷新";
    button.addEventListener("click", () => window.location.reload());
    element.append(button);
  }

  window.setInterval(compare, VERSION_EVERY_MS);
  document.addEventListener("visibilitychange", compare);
  window.addEventListener("focus", compare);

  /* ---- the frame's shapes, until Dash has drawn the frame ---- */

  const starting = document.getElementById("starting");
  if (starting) {
    new MutationObserver((_, observer) => {
      if (!document.querySelector("#main, ._dash-error")) return;
      observer.disconnect();
      starting.remove();
    }).observe(document.getElementById("react-entry-point"), { childList: true, subtree: true });
  }
})();
