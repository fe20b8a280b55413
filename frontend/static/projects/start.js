// Whoever drops a file on the start page means to upload it: go where that is done.
const area = document.querySelector("[data-drop]");
if (area) {
  addEventListener("dragover", (event) => { event.preventDefault(); area.classList.add("over"); });
  addEventListener("dragleave", () => area.classList.remove("over"));
  addEventListener("drop", (event) => { event.preventDefault(); location.assign(area.dataset.drop); });
}
