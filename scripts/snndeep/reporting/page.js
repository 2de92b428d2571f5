"use strict";
// Tables sort by the button in a column's header. Numbers sort by value, text by the alphabet; what is undefined goes last.
for (const table of document.querySelectorAll("table")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    header.setAttribute("aria-sort", "none");
    header.querySelector("button").addEventListener("click", () => {
      const order = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      headers.forEach((other) => other.setAttribute("aria-sort", "none"));
      header.setAttribute("aria-sort", order);
      sortRows(table.tBodies[0], column, order === "ascending" ? 1 : -1);
      const name = header.textContent.trim();
      document.getElementById("said").textContent = `${table.caption.textContent.trim()}: sorted by ${name}, ${order}.`;
    });
  });
}

function sortRows(body, column, sign) {
  const cells = [...body.rows].map((row) => row.cells[column]);
  const numeric = cells.some((cell) => cell.dataset.order !== undefined);
  const compare = (a, b) => {
    if (!numeric) return sign * a.textContent.localeCompare(b.textContent, "en", { numeric: true });
    const [x, y] = [a, b].map((cell) => (cell.dataset.order === undefined ? null : Number(cell.dataset.order)));
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (x - y);
  };
  body.append(...cells.sort(compare).map((cell) => cell.parentElement));
}

// A figure is offered as the file that is shown.
for (const link of document.querySelectorAll("figure a.file")) {
  link.href = link.closest("figure").querySelector("img").src;
  link.hidden = false;
}

// Paper has no way to unfold.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
