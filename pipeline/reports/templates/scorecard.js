for (const table of document.querySelectorAll("table.sortable")) {
  for (const button of table.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th"), down = head.getAttribute("aria-sort") === "descending";
      for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "ascending" : "descending");
      const key = head.cellIndex, sign = down ? 1 : -1;
      const rows = [...table.tBodies[0].rows].map((row) => [row.cells[key].dataset.v ?? row.cells[key].textContent.trim(), row]);
      rows.sort(([a], [b]) => {
        if (a === "" || b === "") return (a === "") - (b === ""); // what is unknown comes last either way
        return sign * (Number.isNaN(Number(a)) || Number.isNaN(Number(b)) ? a.localeCompare(b, "zh-CN", { numeric: true }) : a - b);
      });
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  }
}
