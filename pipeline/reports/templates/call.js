const audio = document.getElementById("audio");
const axis = document.getElementById("axis");
const head = document.getElementById("head");
const tip = document.getElementById("tip");
const length = axis ? Number(axis.dataset.duration) : 0;
const words = [...document.querySelectorAll(".w[data-s]")]
  .map((node) => ({ node, start: Number(node.dataset.s), end: Number(node.dataset.e) }))
  .sort((a, b) => a.start - b.start);
let lit = [];
let asked = null; // a second asked for before the sound was ready

function clock(s) {
  const t = Math.floor(s), m = Math.floor(t / 60) % 60, two = (n) => String(n).padStart(2, "0");
  return t >= 3600 ? `${Math.floor(t / 3600)}:${two(m)}:${two(t % 60)}` : `${m}:${two(t % 60)}`;
}
function playFrom(s) {
  if (!audio) return;
  const at = Math.max(0, Math.min(s, length));
  asked = audio.readyState ? null : at;
  audio.currentTime = at;
  show(at);
  audio.play().catch(() => {}); // refused before the reader's first click; the position stands
}
function show(s) {
  if (!axis) return;
  head.style.left = `${Math.min(100, (s / length) * 100)}%`;
  head.setAttribute("aria-valuenow", Math.round(s));
  head.setAttribute("aria-valuetext", clock(s));
  const now = document.getElementById("now");
  if (now) now.textContent = clock(s);
}
function firstAfter(s) {
  let low = 0, high = words.length;
  while (low < high) { const mid = (low + high) >> 1; if (words[mid].start <= s) low = mid + 1; else high = mid; }
  return low;
}
function follow(s) {
  const on = [];
  // both sides may speak at once, so a few words back is looked at
  for (let i = firstAfter(s) - 1, seen = 0; i >= 0 && seen < 24; i--, seen++) if (words[i].end > s) on.push(words[i].node);
  if (on.length === lit.length && on.every((node, i) => node === lit[i])) return;
  lit.forEach((node) => node.classList.remove("now"));
  on.forEach((node) => node.classList.add("now"));
  const turn = on.length ? on[0].closest(".say") : null;
  if (turn && !audio.paused && document.getElementById("follow").checked && turn !== follow.turn) {
    follow.turn = turn;
    const box = turn.getBoundingClientRect(), top = document.querySelector(".player").getBoundingClientRect().bottom;
    if (box.top < top || box.bottom > innerHeight) scrollTo({ top: scrollY + box.top - top - 24, behavior: "smooth" });
  }
  lit = on;
}
function frame() {
  show(audio.currentTime);
  follow(audio.currentTime);
  if (!audio.paused) requestAnimationFrame(frame);
}
if (audio) {
  const play = document.getElementById("play");
  const toggle = () => (audio.paused ? audio.play().catch(() => {}) : audio.pause());
  const skip = (s) => { audio.currentTime = Math.max(0, Math.min(length, audio.currentTime + s)); show(audio.currentTime); };
  audio.addEventListener("loadedmetadata", () => { if (asked !== null) { audio.currentTime = asked; asked = null; } });
  audio.addEventListener("play", () => { play.setAttribute("aria-pressed", "true"); requestAnimationFrame(frame); });
  audio.addEventListener("pause", () => play.setAttribute("aria-pressed", "false"));
  audio.addEventListener("seeked", () => { show(audio.currentTime); follow(audio.currentTime); });
  audio.addEventListener("error", () => { document.getElementById("failed").hidden = false; });
  play.addEventListener("click", toggle);
  document.getElementById("back").addEventListener("click", () => skip(-5));
  document.getElementById("forward").addEventListener("click", () => skip(5));
  const speed = document.getElementById("speed");
  const setSpeed = () => { audio.playbackRate = Number(speed.value); keep.set("speed", speed.value); };
  speed.value = keep.get("speed") || "1";
  if (!speed.value) speed.value = "1";
  speed.addEventListener("change", setSpeed);
  setSpeed();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input, summary")) return;
    const control = event.target.closest("button, a, [role=button]");
    if (event.key === " " && (!control || control === play)) { event.preventDefault(); toggle(); }
    else if (event.key === "ArrowLeft") { event.preventDefault(); skip(-5); }
    else if (event.key === "ArrowRight") { event.preventDefault(); skip(5); }
  });
}
document.addEventListener("click", (event) => {
  const spot = event.target.closest("[data-s]");
  if (spot) { playFrom(Number(spot.dataset.s)); return; }
  if (axis && event.target.closest("#axis")) {
    const box = axis.getBoundingClientRect();
    playFrom(((event.clientX - box.left) / box.width) * length);
  }
});
for (const mark of document.querySelectorAll(".mark")) {
  const open = () => {
    tip.replaceChildren();
    const title = document.createElement("b");
    title.textContent = root.dataset.lang === "zh" ? mark.dataset.tipZh : mark.dataset.tipEn;
    tip.append(title);
    if (mark.dataset.quote) { const quote = document.createElement("q"); quote.textContent = mark.dataset.quote; tip.append(quote); }
    const sure = document.createElement("span");
    sure.className = "faint";
    sure.textContent = `${clock(Number(mark.dataset.s))} · ${mark.dataset.sure} %`;
    tip.append(sure);
    tip.hidden = false;
    const box = mark.getBoundingClientRect(), frameBox = tip.offsetParent.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(box.left - frameBox.left - 20, frameBox.width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${box.bottom - frameBox.top + 8}px`;
  };
  const close = () => { tip.hidden = true; };
  mark.addEventListener("mouseenter", open);
  mark.addEventListener("focus", open);
  mark.addEventListener("mouseleave", close);
  mark.addEventListener("blur", close);
  mark.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); playFrom(Number(mark.dataset.s)); }
    if (event.key === "Escape") close();
  });
}
for (const button of document.querySelectorAll("[data-show]:not(body)")) {
  button.addEventListener("click", () => {
    document.body.dataset.show = button.dataset.show;
    for (const other of document.querySelectorAll("button[data-show]")) other.setAttribute("aria-pressed", String(other === button));
  });
}
const wanted = /^#t=([\d.]+)$/.exec(location.hash);
if (wanted && audio) { asked = Number(wanted[1]); audio.currentTime = asked; show(asked); }
