const rows = () => [...document.querySelectorAll("a.row")];
const bar = document.getElementById("bar"), sound = document.getElementById("audio");
let chosen = 0, hearing = null; // place in the list; call and second that are heard
function mark() { for (const row of document.querySelectorAll("tr[data-call]")) row.classList.toggle("heard", hearing?.name === row.dataset.call); }
function hear(button) {
  const { audio: address, at, name } = button.dataset;
  if (hearing?.name === name && hearing.at === at) { if (sound.paused) sound.play().catch(() => {}); else sound.pause(); return; }
  if (hearing?.name !== name) sound.src = address;
  hearing = { name, at };
  const start = () => { sound.currentTime = Math.max(0, Number(at) - 1); sound.play().catch(() => {}); };
  if (sound.readyState) start(); else { sound.addEventListener("loadedmetadata", start, { once: true }); sound.load(); }
  bar.hidden = false;
  document.getElementById("playing").textContent = name;
  mark();
}
sound.addEventListener("error", () => told("没有可播放的录音", "This call has no sound to play"));
document.addEventListener("click", (event) => { const button = event.target.closest(".hear"); if (button) hear(button); });
document.addEventListener("change", (event) => {
  if (event.target.id === "tick-all") for (const box of document.querySelectorAll("input[form=give]")) box.checked = event.target.checked;
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr[data-call]");
  if (row) chosen = rows().findIndex((link) => row.contains(link));
});
document.addEventListener("keydown", (event) => {
  const links = rows();
  if (typing(event) || !links.length) return;
  const row = links[Math.max(0, Math.min(links.length - 1, chosen))].closest("tr");
  if (event.key === "j" || event.key === "k") {
    const fresh = !document.activeElement.closest?.("tr[data-call]");
    const to = fresh ? chosen : chosen + (event.key === "j" ? 1 : -1);
    links[Math.max(0, Math.min(links.length - 1, to))].focus();
  } else if (event.key === "p") row.querySelector(".hear")?.click();
  else if (event.key === "a") row.querySelector(".agree")?.click();
  else if (event.key === "d") row.querySelector(".disagree")?.click();
  else if (event.key === "x") row.querySelector("input[form=give]")?.click();
  else if (hearing && (event.key === "ArrowLeft" || event.key === "ArrowRight") && event.target !== sound) {
    event.preventDefault();
    sound.currentTime = Math.max(0, sound.currentTime + (event.key === "ArrowLeft" ? -5 : 5));
  }
});
// after a judgement the list is new: stay at the same call, or where it stood
document.addEventListener("kept", () => { const links = rows(); links[Math.min(chosen, links.length - 1)]?.focus({ preventScroll: true }); mark(); });
