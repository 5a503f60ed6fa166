/* The time bar of 违法占用: month ends up to the as-of date, one by one or played. */
(function () {
  "use strict";

  const { text, calm } = window.weipianHeatmap;
  const STEP_MS = 1200;

  /* days: `day` and `text` of each, the last is the as-of date. go(day): shows it. Playing goes on when
   * the next day's layer is there, which loaded() promises. */
  function timeBar(place, days, go, loaded) {
    if (!place || days.length < 2) return { show() {}, say() {}, stop() {} };
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
      go(entry.day);
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

  Object.assign(window.weipianHeatmap, { timeBar });
})();
