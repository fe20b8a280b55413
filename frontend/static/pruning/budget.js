// The budget: slider and number go together, and say what part of the dense network's cost they are; below the least is refused.
function says(field) {
  const value = Number(field.value), least = Number(field.dataset.least), dense = Number(field.dataset.dense);
  if (!field.value.trim() || !Number.isFinite(value) || value <= 0) return "Give a number above 0.";
  if (value < least) return `Below the least that is reachable, ${Number(least.toPrecision(4))}.`;
  if (value >= dense) return "The dense network fits: nothing has to go.";
  return `${(100 * value / dense).toFixed(1)} % of the dense network's`;
}

function renew(bound) {
  const [on, slider, field] = bound.querySelectorAll("input");
  slider.disabled = field.disabled = !on.checked;
  const text = says(field);
  const fine = !on.checked || Number(field.value) >= Number(field.dataset.least);
  field.setCustomValidity(fine ? "" : text);
  field.toggleAttribute("aria-invalid", !fine);
  const place = bound.querySelector("output");
  place.textContent = on.checked ? text : "not bounded";
  place.classList.toggle("wrong", !fine);
}

document.addEventListener("input", (event) => {
  const bound = event.target.closest("[data-bound]");
  if (!bound) return;
  const [, slider, field] = bound.querySelectorAll("input");
  if (event.target === slider) field.value = Number(Number(slider.value).toPrecision(4));
  if (event.target === field) slider.value = field.value;
  renew(bound);
});
document.addEventListener("htmx:afterSwap", () => document.querySelectorAll("[data-bound]").forEach(renew));
