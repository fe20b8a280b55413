// Tables that sort by a column: `<table data-sortable>` with a button in each heading; cells may carry `data-value`.
function valueOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent.trim();
}

function sortBy(table, heading) {
  const column = heading.cellIndex;
  const down = heading.getAttribute("aria-sort") === "descending";
  const sign = down ? 1 : -1;
  const rows = [...table.tBodies[0].rows];
  const order = (a, b) => {
    const [x, y] = [valueOf(a, column), valueOf(b, column)];
    if (x === "" || y === "") return x === y ? 0 : x === "" ? 1 : -1; // what is missing comes last
    const [m, n] = [Number(x), Number(y)];
    return sign * (Number.isNaN(m) || Number.isNaN(n) ? x.localeCompare(y, "en", { numeric: true }) : m - n);
  };
  rows.sort(order);
  table.tBodies[0].append(...rows);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "ascending" : "descending");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("table[data-sortable] thead button");
  if (button) sortBy(button.closest("table"), button.closest("th"));
});
