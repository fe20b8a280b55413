// How many runs a sweep has, as its form is filled in.
const form = document.querySelector("form.training");
const place = document.getElementById("runs");

const count = (name) => form.elements[name].value.split(/[\s,]+/).filter(Boolean).length;

function renew() {
  const marked = [...form.querySelectorAll('[name="methods"]:checked')];
  const whole = marked.filter((box) => "whole" in box.dataset).length; // these keep no budget: once with each seed
  const seeds = count("seeds"), budgets = count("budgets");
  const runs = ((marked.length - whole) * budgets + whole) * seeds;
  const first = form.elements.unit.value === "shares" && !whole ? " and the dense network that shares are of" : "";
  place.textContent = runs ? `${runs} run${runs > 1 ? "s" : ""}${first}.` : "No run yet: choose a method, and give budgets and seeds.";
}

form?.addEventListener("input", renew);
if (form) renew();
