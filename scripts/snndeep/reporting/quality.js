"use strict";
// Cards are sorted by what they carry: numbers by value, the greatest flags first; a scan that cannot be used comes last.
const list = document.getElementById("scans");
const order = document.getElementById("order");
const shown = document.getElementById("shown");
order.closest("p").hidden = false;

order.addEventListener("change", () => {
  const key = order.value;
  const sign = key === "flags" ? -1 : 1;
  const compare = (a, b) => {
    const [x, y] = [a.dataset[key], b.dataset[key]];
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
    return key === "case" ? x.localeCompare(y, "en", { numeric: true }) : sign * (Number(x) - Number(y));
  };
  list.append(...[...list.children].sort(compare));
  document.getElementById("said").textContent = `Sorted by ${order.selectedOptions[0].textContent}.`;
});

shown.addEventListener("change", () => {
  for (const card of list.children) card.hidden = shown.value === "flagged" && Number(card.dataset.flags) === 0;
  document.getElementById("said").textContent = `Shown: ${shown.selectedOptions[0].textContent}.`;
});
