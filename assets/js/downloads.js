/* Files that the server makes when they are asked for: until one has come, its link says so. Without
 * this script a link is a plain download that says nothing while it is made. */
(function () {
  "use strict";

  /* What comes sooner than this needs no word. */
  const PATIENCE_MS = 400;
  const LOST = "文件没有传完。请检查网络后再点一次。";

  function note(text, failed) {
    const element = document.createElement("div");
    element.className = "toast-note" + (failed ? "" : " toast-quiet");
    element.setAttribute("role", failed ? "alert" : "status");
    element.textContent = text;
    document.getElementById("notices").append(element);
    return element;
  }

  function nameOf(response, link) {
    const said = response.headers.get("Content-Disposition") || "";
    const coded = /filename\*=UTF-8''([^;]+)/i.exec(said);
    if (coded) return decodeURIComponent(coded[1]);
    const plain = /filename="?([^";]+)/i.exec(said);
    return plain ? plain[1] : link.getAttribute("download") || new URL(link.href).pathname.split("/").pop();
  }

  function save(file, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  /* A refusal is a sentence (callbacks/faults.py); anything else is not for the reader. */
  async function refusal(response) {
    const kind = response.headers.get("Content-Type") || "";
    return kind.startsWith("text/plain") ? await response.text() : LOST;
  }

  async function fetched(link) {
    let said = null;
    const waiting = window.setTimeout(() => {
      link.classList.add("is-made");
      said = note("正在生成：" + link.textContent.trim() + "。请稍候，生成后自动下载。");
    }, PATIENCE_MS);
    let wrong = "";
    try {
      const response = await fetch(link.href, { credentials: "same-origin" });
      if (response.ok) save(await response.blob(), nameOf(response, link));
      else wrong = await refusal(response);
    } catch {
      wrong = LOST;
    }
    window.clearTimeout(waiting);
    link.classList.remove("is-made");
    if (said) said.remove();
    if (wrong) {
      const told = note(wrong, true);
      window.setTimeout(() => told.remove(), 12000);
    }
  }

  document.addEventListener("click", async function (event) {
    const link = event.target.closest && event.target.closest("a[download][href^='/']");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.getAttribute("aria-busy") === "true") return;
    link.setAttribute("aria-busy", "true");
    await fetched(link);
    link.removeAttribute("aria-busy");
  });
})();
