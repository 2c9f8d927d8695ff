const table = document.getElementById("calls");
const filter = document.getElementById("filter");
function compare(a, b, kind) {
  if (a === b) return 0;
  if (a === "") return 1; // what is unknown comes last either way
  if (b === "") return -1;
  return kind === "number" ? Number(a) - Number(b) : a.localeCompare(b, root.dataset.lang === "zh" ? "zh-CN" : "en", { numeric: true });
}
if (table) {
  const body = table.tBodies[0];
  for (const button of table.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th"), down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = Number(button.dataset.key), sign = down ? -1 : 1;
      const rows = [...body.rows].map((row) => [row.cells[key].dataset.v, row]);
      rows.sort(([a], [b]) => (a === "" || b === "" ? 1 : sign) * compare(a, b, button.dataset.kind));
      body.append(...rows.map(([, row]) => row));
    });
  }
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !wanted.every((word) => row.dataset.find.includes(word));
      shown += !row.hidden;
    }
    document.getElementById("none").hidden = shown > 0;
  });
}
