// Shows the options of the chosen kind only.
const form = document.querySelector("[data-job-form]");

function show() {
  const kind = form.elements.kind.value;
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(kind);
  }
}
form.addEventListener("change", show);
form.addEventListener("submit", () => { form.querySelector('[type="submit"]').disabled = true; });
addEventListener("pageshow", () => { form.querySelector('[type="submit"]').disabled = false; });
show();
