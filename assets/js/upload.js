/* Sends files to the server in slices and tells the page of each that has arrived.
 *
 * A lost connection costs one slice: the server is asked how much it has, and sending goes on from
 * there, by itself for ten minutes and then at the press of a button. A file chosen again after
 * the page was closed goes on as well. */
(function () {
  "use strict";

  const ROUTE = "/upload/files";
  const TOKEN = /(?:^|; )_csrf_token=([^;]+)/;
  const ACCEPT = ".zip,.gpkg,.geojson,.json,.kml,.kmz,.xlsx,.xls,.csv,.txt";
  const PATIENCE = 10 * 60 * 1000;
  const REMEMBERED = "weipian-upload:";

  class Refused extends Error {}

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    Object.entries(attributes || {}).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  }

  function memory(file) {
    return REMEMBERED + [file.name, file.size, file.lastModified].join(":");
  }

  function recall(file) {
    try {
      return window.localStorage.getItem(memory(file));
    } catch (error) {
      return null;
    }
  }

  function remember(file, id) {
    try {
      if (id) window.localStorage.setItem(memory(file), id);
      else window.localStorage.removeItem(memory(file));
    } catch (error) {
      /* a browser that keeps nothing starts files anew */
    }
  }

  function sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(resolve, milliseconds);
      if (signal) {
        signal.addEventListener("abort", () => {
          window.clearTimeout(timer);
          reject(new DOMException("", "AbortError"));
        });
      }
    });
  }

  /* The header that Dash's own script sends, too: only a page of this server can read the cookie. */
  function token() {
    const found = TOKEN.exec(document.cookie);
    return found ? { "X-CSRFToken": found[1] } : {};
  }

  /* The server's answer as an object. A refusal (4xx) carries its sentence; anything else that is
   * not an answer is a connection that may come back. */
  async function ask(method, address, options) {
    const response = await fetch(address, {
      method: method,
      headers: Object.assign({}, token(), options.headers),
      body: options.body,
      signal: options.signal,
      credentials: "same-origin",
    });
    const known = (response.headers.get("content-type") || "").startsWith("application/json");
    const answer = known ? await response.json() : {};
    if (response.ok) return answer;
    if (response.status === 409 && known) return answer;
    if (response.status === 404 && options.mayBeGone) return null;
    if (response.status >= 400 && response.status < 500) {
      throw new Refused(answer.message || "服务器没有接收这个文件，请刷新页面后重试。");
    }
    throw new Error("status " + response.status);
  }

  async function begin(file, signal) {
    const id = recall(file);
    if (id) {
      const known = await ask("GET", ROUTE + "/" + id, { signal: signal, mayBeGone: true });
      if (known) return known;
    }
    const made = await ask("POST", ROUTE, {
      signal: signal,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: file.name, size: file.size }),
    });
    remember(file, made.id);
    return made;
  }

  async function send(file, signal, show) {
    let state = null;
    let lostSince = null;
    let pause = 500;
    for (;;) {
      try {
        if (state === null) state = await begin(file, signal);
        if (lostSince !== null) {
          state = await ask("GET", ROUTE + "/" + state.id, { signal: signal });
        }
        lostSince = null;
        pause = 500;
        show(state.offset, null);
        if (state.offset >= file.size) return state;
        const slice = file.slice(state.offset, state.offset + state.slice);
        const address = ROUTE + "/" + state.id + "?offset=" + state.offset;
        const answer = await ask("PUT", address, {
          signal: signal,
          body: slice,
          headers: { "Content-Type": "application/octet-stream" },
        });
        state = Object.assign({}, state, answer);
      } catch (error) {
        if (error instanceof Refused || error.name === "AbortError") throw error;
        lostSince = lostSince === null ? Date.now() : lostSince;
        if (Date.now() - lostSince > PATIENCE) throw error;
        show(state ? state.offset : 0, "连接中断，正在重试，已传的部分不会丢…");
        await sleep(pause, signal);
        pause = Math.min(pause * 2, 15000);
      }
    }
  }

  function size(bytes) {
    return bytes < 1048576
      ? Math.max(1, Math.round(bytes / 1024)) + " KB"
      : (bytes / 1048576).toFixed(1) + " MB";
  }

  function setUp(zone) {
    zone.dataset.ready = "yes";
    const input = element("input", {
      type: "file",
      id: "upload-input",
      accept: ACCEPT,
      multiple: "",
    });
    const label = element(
      "label",
      { for: "upload-input", class: "upload-label" },
      element("strong", {}, "选择文件"),
      "，或拖到这里",
    );
    const hint = element(
      "p",
      { class: "upload-hint" },
      "Excel、CSV、Shapefile 或 FileGDB 的 zip、GeoPackage、GeoJSON、KML/KMZ、勘测定界 TXT；单个不超过 200 MB",
    );
    const fill = element("div", { class: "bar-fill" });
    const bar = element(
      "div",
      {
        class: "bar",
        role: "progressbar",
        "aria-label": "传输进度",
        "aria-valuemin": "0",
        "aria-valuemax": "100",
        hidden: "",
      },
      fill,
    );
    const status = element("p", { class: "upload-status", role: "status" });
    const stop = element("button", { type: "button", class: "btn btn-outline-secondary btn-sm" }, "停止");
    const resume = element("button", { type: "button", class: "btn btn-primary btn-sm" }, "继续上传");
    stop.hidden = true;
    resume.hidden = true;
    zone.replaceChildren(
      element("div", { class: "upload-drop" }, input, label, hint),
      bar,
      status,
      element("div", { class: "upload-buttons" }, resume, stop),
    );
    let control = null;
    let waiting = [];

    function say(text, isBad) {
      status.textContent = text;
      status.classList.toggle("upload-bad", Boolean(isBad));
    }

    function show(file, offset, trouble) {
      const share = file.size ? (100 * offset) / file.size : 0;
      bar.hidden = false;
      fill.style.width = share.toFixed(1) + "%";
      bar.setAttribute("aria-valuenow", String(Math.round(share)));
      say(
        trouble ||
          "正在传输“" + file.name + "”：" + size(offset) + " / " + size(file.size),
        Boolean(trouble),
      );
    }

    function idle() {
      control = null;
      input.disabled = false;
      stop.hidden = true;
      zone.classList.remove("upload-busy");
      input.value = "";
    }

    async function run() {
      const count = waiting.length;
      control = new AbortController();
      input.disabled = true;
      stop.hidden = false;
      resume.hidden = true;
      zone.classList.add("upload-busy");
      while (waiting.length) {
        const file = waiting[0];
        try {
          const state = await send(file, control.signal, (offset, trouble) =>
            show(file, offset, trouble),
          );
          remember(file, null);
          waiting.shift();
          say("“" + file.name + "”已传完，开始读取…");
          window.dash_clientside.set_props("upload-file", {
            data: { id: state.id, name: file.name, count: count, left: waiting.length },
          });
        } catch (error) {
          if (error.name === "AbortError") {
            say("已停止。再次选择同一个文件会从停下的地方继续。");
            waiting = [];
          } else if (error instanceof Refused) {
            remember(file, null);
            waiting.shift();
            say(error.message, true);
            if (zone.dataset.help)
              status.append(element("a", { class: "error-help", href: zone.dataset.help }, "怎么办"));
            bar.hidden = true;
            if (waiting.length) continue;
          } else {
            say("仍然连不上服务器。网络恢复后点“继续上传”，已传的部分不会丢。", true);
            resume.hidden = false;
          }
          idle();
          return;
        }
      }
      idle();
    }

    function take(files) {
      if (control) return;
      waiting = Array.from(files);
      if (waiting.length) run();
    }

    input.addEventListener("change", () => take(input.files));
    resume.addEventListener("click", run);
    stop.addEventListener("click", () => control && control.abort());
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("upload-over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("upload-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("upload-over");
      take(event.dataTransfer.files);
    });
  }

  new MutationObserver(() => {
    const zone = document.getElementById("upload-zone");
    if (zone && !zone.dataset.ready) setUp(zone);
  }).observe(document.documentElement, { childList: true, subtree: true });

  /* A file dropped beside the zone must not replace the page. */
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => event.preventDefault());
})();
