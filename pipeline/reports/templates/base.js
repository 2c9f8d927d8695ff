"use strict";
const root = document.documentElement;
const keep = {
  get(name) { try { return localStorage.getItem("callgauge." + name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem("callgauge." + name, value); } catch { /* a page without storage forgets, no more */ } },
};
function setLanguage(language) {
  root.dataset.lang = language;
  root.lang = language === "zh" ? "zh-CN" : "en";
  for (const name of ["title", "aria-label", "placeholder", "label"]) {
    for (const node of document.querySelectorAll(`[data-${language}-${name}]`)) {
      node.setAttribute(name, node.getAttribute(`data-${language}-${name}`));
    }
  }
  document.title = root.dataset[language === "zh" ? "titleZh" : "titleEn"];
}
setLanguage(keep.get("lang") || (/^zh/i.test(navigator.language || "") ? "zh" : "en"));
document.getElementById("switch").addEventListener("click", () => {
  const language = root.dataset.lang === "zh" ? "en" : "zh";
  keep.set("lang", language);
  setLanguage(language);
});
