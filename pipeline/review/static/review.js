const inChinese = () => root.dataset.lang === "zh";
// what a node says in the reader's language
function spoken(node) {
  const copy = node?.cloneNode(true);
  for (const other of copy?.querySelectorAll(inChinese() ? ".en" : ".zh") || []) other.remove();
  return copy?.textContent || "";
}
function told(zh, en = zh) { const node = document.getElementById("saved"); if (node) node.textContent = inChinese() ? zh : en; }

// forms save without leaving the page, so that the sound goes on; without script they are plain forms
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form.act")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  told("");
  const data = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (swap(page, answer.ok ? form : null)) {
      if (answer.ok) told("已保存", "Saved"); else told("未保存", "Not saved");
      document.dispatchEvent(new CustomEvent(answer.ok ? "kept" : "refused"));
      if (!answer.ok) document.querySelector(".conflict")?.scrollIntoView({ block: "center" });
    } else {
      told(spoken(page.querySelector("main [role=alert]")));
      document.dispatchEvent(new CustomEvent("refused"));
      setLanguage(root.dataset.lang);
    }
  } catch {
    told("未保存：无法连接", "Not saved: the server can't be reached");
  }
  delete form.dataset.busy;
});

// puts an answered page's live parts in place of the old ones; what is typed elsewhere stays. False: nothing fits.
function swap(page, sent) {
  const parts = [...page.querySelectorAll("[data-live]")]
    .map((part) => [part, document.querySelector(`[data-live="${part.dataset.live}"]`)])
    .filter(([, old]) => old);
  for (const [part, old] of parts) {
    const chosen = old.querySelector(".chosen")?.dataset.finding;
    const unfolded = [...old.querySelectorAll("details[open]")].map(foldKey);
    const text = keepText(old, sent);
    old.replaceWith(document.adoptNode(part));
    if (chosen) document.querySelector(`[data-finding="${CSS.escape(chosen)}"]`)?.classList.add("chosen");
    const done = sent && sent.closest("details") ? foldKey(sent.closest("details")) : null;
    for (const fold of part.querySelectorAll("details")) if (unfolded.includes(foldKey(fold)) && foldKey(fold) !== done) fold.open = true;
    restoreText(part, text);
  }
  if (parts.length) setLanguage(root.dataset.lang);
  return parts.length > 0;
}
function foldKey(fold) { return (fold.closest("[id]")?.id || "") + "|" + (fold.dataset.fold || "") + "|" + fold.querySelector("summary").className; }
function fieldKey(field) { const form = field.form; return [form.elements.act?.value, form.elements.target?.value, form.elements.answers?.value, field.name].join("|"); }
const written = (part) => [...part.querySelectorAll("form.act textarea, form.act input:not([type=hidden])")].filter((field) => !["checkbox", "radio"].includes(field.type));
function keepText(part, sent) {
  return new Map(written(part).filter((field) => field.form !== sent && field.value).map((field) => [fieldKey(field), field.value]));
}
function restoreText(part, kept) {
  for (const field of written(part)) {
    const value = kept.get(fieldKey(field));
    if (value) { field.value = value; const fold = field.closest("details"); if (fold) fold.open = true; }
  }
}
// keys don't act while somebody types
const typing = (event) => event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
