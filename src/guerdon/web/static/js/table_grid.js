// Cells copied from a spreadsheet are pasted into a table's grid, from the cell in which the cursor stands.
const grid = document.querySelector("[data-grid]");

const cellAt = (row, column) => grid.elements[`cell.${row}.${column}`];

// The last row once more, for what is pasted below it.
const addRow = () => {
  const rows = grid.elements.rows;
  const at = Number(rows.value);
  const last = cellAt(at - 1, 0).closest("tr");
  const row = last.cloneNode(true);
  for (const input of row.querySelectorAll("input")) {
    input.name = input.name.replace(/^cell\.\d+/, `cell.${at}`);
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(String(at), String(at + 1)));
    input.value = "-";
  }
  row.querySelector(".deeds")?.replaceChildren();
  row.querySelector("th").textContent = String(at + 1);
  last.parentElement.append(row);
  rows.value = String(at + 1);
};

grid?.addEventListener("paste", (event) => {
  const place = /^cell\.(\d+)\.(\d+)$/.exec(event.target.name || "");
  const text = event.clipboardData.getData("text/plain").replace(/\r\n/g, "\n").replace(/\n$/, "");
  if (!place || event.target.readOnly || !/[\t\n]/.test(text)) return;
  event.preventDefault();
  text.split("\n").forEach((line, down) => {
    const row = Number(place[1]) + down;
    if (row >= Number(grid.elements.rows.value)) addRow();
    line.split("\t").forEach((value, along) => {
      const cell = cellAt(row, Number(place[2]) + along);
      if (cell) cell.value = value.trim();
    });
  });
});
