/* `?screen=1`: sized by the screen, with a clock, and a plain mark when the server is gone or data are old. */
(function () {
  "use strict";

  /* What assets/css/screen.css is drawn for; another screen takes it larger or smaller. */
  const WIDTH = 1920;
  const HEIGHT = 1080;
  const STEP = 0.96;
  const SMALLEST = 0.4;
  const ASK_SECONDS = 15;
  const root = document.documentElement;
  const onWall = () => root.classList.contains("on-wall");

  /* As large as the screen allows; a little smaller where a page has more than it has room for. */
  function fit() {
    if (!onWall()) {
      root.style.removeProperty("--wall");
      return;
    }
    let scale = Math.min(window.innerWidth / WIDTH, window.innerHeight / HEIGHT);
    root.style.setProperty("--wall", scale);
    const main = document.getElementById("main");
    const smallest = scale * SMALLEST;
    while (main && scale > smallest && overflows(main)) {
      scale *= STEP;
      root.style.setProperty("--wall", scale);
    }
  }

  function overflows(main) {
    if (main.scrollHeight > main.clientHeight + 1) return true;
    return Array.from(main.querySelectorAll(".card-body, .card-body .table-frame, .heatmap-panel")).some((box) =>
      box.scrollHeight > box.clientHeight + 2 || box.scrollWidth > box.clientWidth + 2);
  }

  let waiting = 0;
  function soon() {
    window.cancelAnimationFrame(waiting);
    waiting = window.requestAnimationFrame(fit);
  }

  const two = (number) => String(number).padStart(2, "0");
  function clock(now) {
    return `${now.getMonth() + 1}月${now.getDate()}日 ${two(now.getHours())}:${two(now.getMinutes())}`;
  }

  let answered = new Date();
  let gone = false;
  async function ask() {
    if (!onWall()) return;
    try {
      const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(10000) });
      gone = !answer.ok;
    } catch {
      gone = true;
    }
    if (!gone) answered = new Date();
    show();
  }

  /* Only what is new: what is written is itself a change that is watched. */
  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function show() {
    const time = document.getElementById("wall-time");
    if (!time) return;
    write(time, clock(new Date()));
    const mark = document.getElementById("wall-gone");
    mark.hidden = !gone;
    write(mark, gone ? `服务连不上，画面停在${clock(answered)}，正在重试` : "");
  }

  window.addEventListener("resize", soon);
  window.setInterval(show, 1000);
  window.setInterval(ask, ASK_SECONDS * 1000);
  /* Each turn of the wall and each change of dress is measured anew. */
  new MutationObserver(() => { soon(); show(); })
    .observe(document.body, { childList: true, subtree: true });
  new MutationObserver(soon).observe(root, { attributes: true, attributeFilter: ["class"] });
})();
