// a passage plays where it stands; without sound, or with a key held, the link leads to the call's page
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-audio]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const box = document.getElementById("passing"), sound = document.getElementById("passing-audio");
  if (!box) return;
  event.preventDefault();
  const path = new URL(link.dataset.audio, location.href).href, at = Number(link.dataset.at);
  const call = document.getElementById("passing-call");
  call.textContent = link.dataset.call;
  call.href = link.href;
  box.hidden = false;
  document.querySelectorAll("a.play.now").forEach((node) => node.classList.remove("now"));
  link.classList.add("now");
  const start = () => { sound.currentTime = at; sound.play().catch(() => {}); };
  if (sound.src !== path) { sound.src = path; sound.load(); }
  if (sound.readyState) start(); else sound.addEventListener("loadedmetadata", start, { once: true });
});
