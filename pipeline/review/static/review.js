const player = document.getElementById("audio");
// forms save without leaving the page, so that the sound goes on; without script they are plain forms
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form.act") || form.dataset.busy) { if (form.dataset.busy) event.preventDefault(); return; }
  event.preventDefault();
  form.dataset.busy = "1";
  const data = new URLSearchParams(new FormData(form, event.submitter));
  const open = [...document.querySelectorAll("details[open]")].map((node) => node.closest("[id]")?.id).filter(Boolean);
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const live = page.querySelectorAll("[data-live]");
    if (live.length) {
      for (const part of live) {
        const old = document.querySelector(`[data-live="${part.dataset.live}"]`);
        const chosen = old.querySelector(".chosen")?.dataset.finding;
        const unfolded = old.querySelector(":scope > details")?.open;
        const text = keepText(old, form);
        old.replaceWith(document.adoptNode(part));
        if (chosen) document.querySelector(`[data-finding="${CSS.escape(chosen)}"]`)?.classList.add("chosen");
        if (unfolded) part.querySelector(":scope > details").open = true;
        restoreText(part, text);
      }
      setLanguage(root.dataset.lang);
      told(answer.ok ? (root.dataset.lang === "zh" ? "已保存" : "Saved") : (root.dataset.lang === "zh" ? "未保存" : "Not saved"));
      if (!answer.ok) document.querySelector(".conflict")?.scrollIntoView({ block: "center" });
    } else {
      told(page.querySelector("[role=alert]")?.textContent + " " + (page.querySelector("main .small")?.textContent || ""));
    }
  } catch {
    told(root.dataset.lang === "zh" ? "未保存：无法连接" : "Not saved: the server can't be reached");
  }
  delete form.dataset.busy;
});
function told(text) { const node = document.getElementById("saved"); if (node) node.textContent = text; }
function fieldKey(field) { const form = field.closest("form"); return [form.elements.act?.value, form.elements.target?.value, form.elements.answers?.value, field.name].join("|"); }
function keepText(part, sent) {
  const kept = new Map();
  for (const field of part.querySelectorAll("form.act textarea, form.act input:not([type=hidden])")) if (field.form !== sent && field.value && field.type !== "checkbox") kept.set(fieldKey(field), field.value);
  return kept;
}
function restoreText(part, kept) {
  for (const field of part.querySelectorAll("form.act textarea, form.act input:not([type=hidden])")) {
    const value = kept.get(fieldKey(field));
    if (value && field.type !== "checkbox") { field.value = value; const fold = field.closest("details"); if (fold) fold.open = true; }
  }
}
// keys
const typing = (node) => node.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const rows = [...document.querySelectorAll("a.row")];
  if (rows.length && (event.key === "j" || event.key === "k")) {
    const at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, event.key === "j" ? at + 1 : at - 1))].focus();
    return;
  }
  if (!document.body.classList.contains("case")) return;
  const findings = [...document.querySelectorAll(".finding[data-finding]")];
  const at = findings.findIndex((node) => node.classList.contains("chosen"));
  if (event.key === "j" || event.key === "k") {
    const to = findings[Math.max(0, Math.min(findings.length - 1, event.key === "j" ? at + 1 : at - 1))];
    if (!to) return;
    findings.forEach((node) => node.classList.toggle("chosen", node === to));
    to.querySelector(".quote").focus({ preventScroll: true });
    to.scrollIntoView({ block: "center" });
  } else if (event.key === "n") document.getElementById("next").click();
  else if (at >= 0 && event.key === "p") findings[at].querySelector(".quote").click();
  else if (at >= 0 && event.key === "a") findings[at].querySelector(".agree")?.click();
  else if (at >= 0 && event.key === "d") findings[at].querySelector(".disagree")?.click();
});
// loop and skip silence
let passage = null;
document.addEventListener("click", (event) => {
  const spot = event.target.closest("[data-s]");
  if (!spot) return;
  const start = Number(spot.dataset.s), end = Number(spot.dataset.end ?? spot.dataset.e ?? start + 4);
  passage = { start, end: Math.max(end, start + 1) };
});
if (player) {
  const loop = document.getElementById("loop"), skip = document.getElementById("skip-silence");
  const turns = [...document.querySelectorAll("svg.lanes rect.turn")].map((node) => Number(node.dataset.s)).sort((a, b) => a - b);
  const spoken = [...document.querySelectorAll(".w[data-s]")].map((node) => [Number(node.dataset.s), Number(node.dataset.e)]);
  player.addEventListener("timeupdate", () => {
    const now = player.currentTime;
    if (loop.checked && passage && now >= passage.end) { player.currentTime = passage.start; return; }
    if (!skip.checked || player.paused || spoken.some(([start, end]) => start - .6 <= now && now <= end + .6)) return;
    const next = turns.find((start) => start > now + 1);
    if (next !== undefined) player.currentTime = next - .3;
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches(".takes-now") && !event.target.value && player.currentTime > 0) event.target.value = player.currentTime.toFixed(1); });
}
// words chosen in the transcript fill the form for what was missed
document.addEventListener("selectionchange", () => {
  const start = document.getElementById("missed-start"), chosen = getSelection();
  if (!start || chosen.isCollapsed || !chosen.rangeCount) return;
  const range = chosen.getRangeAt(0);
  const words = [...document.querySelectorAll(".say .w")].filter((node) => range.intersectsNode(node));
  const turn = words[0]?.closest(".say");
  const mine = words.filter((node) => node.closest(".say") === turn);
  if (!mine.length || mine[0].dataset.s === undefined) return;
  start.value = mine[0].dataset.s;
  document.getElementById("missed-end").value = mine[mine.length - 1].dataset.e;
  document.getElementById("missed-turn").value = turn.id.replace("turn-", "");
  document.getElementById("missed-speaker").value = ["agent", "customer"].find((name) => turn.classList.contains(`s-${name}`)) || "unknown";
  const span = document.createRange();
  span.setStartBefore(mine[0]); span.setEndAfter(mine[mine.length - 1]);
  document.getElementById("missed-quote").value = span.toString().trim();
});
