// j and k move through a list's rows
document.addEventListener("keydown", (event) => {
  const rows = [...document.querySelectorAll("a.row")];
  if (typing(event) || !rows.length || (event.key !== "j" && event.key !== "k")) return;
  const at = rows.indexOf(document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, event.key === "j" ? at + 1 : at - 1))].focus();
});
