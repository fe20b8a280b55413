// Sessions as points: a brush, or clicks, choose what is compared.
import { dataOf } from "../plots/data.js";
import { drawPoints } from "./points.js";

const place = document.getElementById("plot-pareto");
const boxes = () => [...document.querySelectorAll('#sessions input[name="job"]')];

drawPoints({ found: dataOf("pareto-data") });

// A brush over points marks their rows; a click on a point turns its mark around.
function mark(jobs, on) {
  const wanted = new Set(jobs);
  for (const box of boxes()) {
    if (wanted.has(box.value)) box.checked = on ?? !box.checked;
    else if (on) box.checked = false;
  }
  count();
}

function count() {
  const marked = boxes().filter((box) => box.checked).length;
  const button = document.querySelector("[data-compare]");
  const most = Number(button.dataset.compare);
  button.disabled = marked < 1 || marked > most;
  document.querySelector("[data-marked]").textContent = marked > most ? `${marked} marked; at most ${most} are compared at once` : `${marked} marked`;
}

let listening = false;
new MutationObserver(() => {
  if (listening || !place.dataset.drawn) return;
  listening = true;
  place.on("plotly_selected", (event) => { if (event?.points.length) mark(event.points.map((point) => point.customdata), true); });
  place.on("plotly_click", (event) => mark(event.points.map((point) => point.customdata)));
}).observe(place, { attributes: true });

document.addEventListener("change", (event) => {
  if (event.target.matches('#sessions input[name="job"]')) count();
  if (event.target.matches("[data-filter]")) event.target.form.requestSubmit();
});
document.querySelector("[data-png]").addEventListener("click", () => {
  globalThis.Plotly.downloadImage(place, { format: "png", filename: "pareto", width: place.clientWidth, height: place.clientHeight, scale: 2 });
});
count();
