const player = document.getElementById("audio");
const loop = document.getElementById("loop"), skip = document.getElementById("skip-silence");
const here = location.pathname;
const field = (id) => document.getElementById(id); // looked up anew: a saved deed puts new fields in place

document.addEventListener("keydown", (event) => {
  if (typing(event)) return;
  const findings = [...document.querySelectorAll(".finding[data-finding]")];
  const at = findings.findIndex((node) => node.classList.contains("chosen"));
  if (event.key === "j" || event.key === "k") {
    const to = findings[Math.max(0, Math.min(findings.length - 1, event.key === "j" ? at + 1 : at - 1))];
    if (!to) return;
    findings.forEach((node) => node.classList.toggle("chosen", node === to));
    to.querySelector(".quote").focus({ preventScroll: true });
    to.scrollIntoView({ block: "center" });
  } else if (event.key === "n") document.getElementById("next").click();
  else if (event.key === "u") document.querySelector("#undo-last button")?.click();
  else if (event.key === "l" && loop) { loop.checked = !loop.checked; }
  else if (event.key === "[") setNow("missed-start");
  else if (event.key === "]") setNow("missed-end");
  else if (at >= 0 && event.key === "p") findings[at].querySelector(".quote").click();
  else if (at >= 0 && event.key === "a") findings[at].querySelector(".agree")?.click();
  else if (at >= 0 && event.key === "d") findings[at].querySelector(".disagree")?.click();
});
// loop and skip silence
let passage = null;
function setNow(id) {
  if (!field(id) || !player) return;
  field(id).value = player.currentTime.toFixed(1);
  const first = Number(field("missed-start").value), last = Number(field("missed-end").value);
  if (field("missed-start").value && last > first) passage = { start: first, end: last };
}
document.addEventListener("click", (event) => {
  const now = event.target.closest("[data-now]");
  if (now) { setNow(now.dataset.now); return; }
  const spot = event.target.closest("[data-s]");
  if (!spot) return;
  const first = Number(spot.dataset.s), last = Number(spot.dataset.end ?? spot.dataset.e ?? first + 4);
  passage = { start: first, end: Math.max(last, first + 1) };
});
if (player) {
  const turns = [...document.querySelectorAll("svg.lanes rect.turn")].map((node) => Number(node.dataset.s)).sort((a, b) => a - b);
  const spoken = [...document.querySelectorAll(".w[data-s]")].map((node) => [Number(node.dataset.s), Number(node.dataset.e)]);
  skip.checked = keep.get("skip") === "1";
  skip.addEventListener("change", () => keep.set("skip", skip.checked ? "1" : "0"));
  player.addEventListener("timeupdate", () => {
    const now = player.currentTime;
    if (loop.checked && passage && now >= passage.end) { player.currentTime = passage.start; return; }
    if (!skip.checked || player.paused || spoken.some(([first, last]) => first - .6 <= now && now <= last + .6)) return;
    const next = turns.find((first) => first > now + 1);
    if (next !== undefined) player.currentTime = next - .3;
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches(".takes-now") && !event.target.value && player.currentTime > 0) event.target.value = player.currentTime.toFixed(1); });
}
// words chosen in the transcript fill the form for what was missed
document.addEventListener("selectionchange", () => {
  const chosen = getSelection();
  if (!field("missed-start") || chosen.isCollapsed || !chosen.rangeCount) return;
  const range = chosen.getRangeAt(0);
  const words = [...document.querySelectorAll(".say .w")].filter((node) => range.intersectsNode(node));
  const turn = words[0]?.closest(".say");
  const mine = words.filter((node) => node.closest(".say") === turn);
  if (!mine.length || mine[0].dataset.s === undefined) return;
  const fill = (id, value) => { field(id).value = value; };
  fill("missed-start", mine[0].dataset.s);
  fill("missed-end", mine[mine.length - 1].dataset.e);
  fill("missed-turn", turn.id.replace("turn-", ""));
  fill("missed-speaker", ["agent", "customer"].find((name) => turn.classList.contains(`s-${name}`)) || "unknown");
  const span = document.createRange();
  span.setStartBefore(mine[0]); span.setEndAfter(mine[mine.length - 1]);
  fill("missed-quote", span.toString().trim());
  passage = { start: Number(mine[0].dataset.s), end: Number(mine[mine.length - 1].dataset.e) };
});
// what is typed is kept on the server a second later, so that nothing is lost with the page
let typed = null, used = Date.now();
const token = document.querySelector("[name=csrf_token]").value;
restoreText(document, new Map(Object.entries(JSON.parse(document.body.dataset.drafts || "{}"))));
async function keepDraft(quietly = false) {
  typed = null;
  const fields = Object.fromEntries(written(document).filter((field) => field.value && !field.matches("[type=number], [readonly]")).map((field) => [fieldKey(field), field.value]));
  const body = new URLSearchParams({ csrf_token: token, fields: JSON.stringify(fields) });
  try {
    const answer = await fetch(`${here}/draft`, { method: "POST", body, keepalive: true });
    if (answer.ok && !quietly && Object.keys(fields).length) told("草稿已保存", "Draft kept");
  } catch { told("草稿未保存：无法连接", "Draft not kept: the server can't be reached"); }
}
document.addEventListener("input", (event) => {
  if (!event.target.closest("form.act")) return;
  clearTimeout(typed);
  typed = setTimeout(() => keepDraft(), 900);
});
for (const name of ["kept", "refused"]) document.addEventListener(name, () => { clearTimeout(typed); keepDraft(true); }); // quietly: why it was refused is to be read
addEventListener("pagehide", () => { if (typed) keepDraft(); });
// what somebody else does meanwhile is shown; a page that nobody touches asks no more, so that its session can end
for (const name of ["pointerdown", "keydown", "pointermove"]) document.addEventListener(name, () => { used = Date.now(); }, { passive: true });
const revision = () => Number(document.querySelector("[data-rev]").dataset.rev);
async function look() {
  if (document.hidden || Date.now() - used > 300_000 || document.querySelector("form[data-busy]")) return;
  try {
    const newest = await (await fetch(`${here}/rev`)).json();
    if (newest.rev <= revision()) return;
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    swap(page, null);
    told(`${newest.by} 刚刚做了更改`, `${newest.by} has just changed something`);
  } catch { /* the next look may reach the server */ }
}
setInterval(look, Number(document.body.dataset.lookEvery) * 1000);
