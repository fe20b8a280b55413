// Marks all rows of a list at once.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-mark-all]")) return;
  for (const box of event.target.form.querySelectorAll('input[name="job"]')) box.checked = event.target.checked;
});
