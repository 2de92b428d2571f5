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

// One network is shown at a time. Without scripts it is the one that was chosen on validation data.
const network = document.getElementById("network");
if (network) {
  network.closest("p").hidden = false;
  network.addEventListener("change", () => {
    for (const one of document.querySelectorAll("[data-network]")) one.hidden = one.dataset.network !== network.value;
    document.getElementById("said").textContent = `Shown: ${network.selectedOptions[0].textContent}.`;
  });
}

// Text to take along.
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    getSelection().selectAllChildren(source);
    const copied = await (navigator.clipboard?.writeText(source.innerText) ?? Promise.reject()).then(() => true, () => document.execCommand("copy"));
    document.getElementById("said").textContent = copied ? "Copied." : "Selected; copy it with the keyboard.";
  });
}

// A table that is wider than its place says so.
const places = new ResizeObserver((entries) => {
  for (const { target } of entries) target.parentElement.classList.toggle("wide", target.scrollWidth > target.clientWidth + 1);
});
for (const place of document.querySelectorAll(".scroll")) places.observe(place);
