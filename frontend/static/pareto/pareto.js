// Sessions as points: fronts by method, hover with the structure, and a brush that chooses what is compared.
import { dataOf } from "../plots/data.js";
import { axis, draw, faded } from "../plots/plot.js";

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "pentagon", "hexagram"];
const LINES = 14; // of a structure in a hover
const place = document.getElementById("plot-pareto");
const found = dataOf("pareto-data");
const boxes = () => [...document.querySelectorAll('#sessions input[name="job"]')];

function hoverOf(run) {
  const kept = run.kept.slice(0, LINES).join("<br>") + (run.kept.length > LINES ? `<br>and ${run.kept.length - LINES} layers more` : "");
  const budget = run.budget ? `, budget ${run.budget}` : "";
  return `<b>${run.method}</b>, seed ${run.seed}${budget}<br>${run.setting}<br>${(100 * run.accuracy).toFixed(2)} % at ${Number(run.cost.toPrecision(4))} ${found.unit}<br>${kept}`;
}

draw("plot-pareto", (theme) => {
  const data = [], legend = [];
  found.methods.forEach((method, k) => {
    const own = found.runs.filter((run) => run.method === method);
    const colour = theme.plot[k % theme.plot.length];
    const front = found.fronts[method] ?? [];
    if (front.length > 1) {
      data.push({ type: "scatter", mode: "lines", x: front.map(([cost]) => cost), y: front.map(([, accuracy]) => accuracy), line: { color: colour, shape: "hv", width: 1.4 }, hoverinfo: "skip", showlegend: false, legendgroup: method });
    }
    data.push({
      type: "scatter", mode: "markers", name: method, legendgroup: method, x: own.map((run) => run.cost), y: own.map((run) => run.accuracy),
      marker: { size: 10, symbol: SYMBOLS[k % SYMBOLS.length], color: faded(colour, 0.65), line: { width: 1, color: colour } },
      text: own.map(hoverOf), customdata: own.map((run) => run.job), hovertemplate: "%{text}<extra></extra>",
    });
    legend.push([method, colour]);
  });
  const unit = `${found.cost}, ${found.unit}`;
  return { data, legend, layout: {
    height: theme.phone ? 380 : 480, dragmode: theme.phone ? false : "select", showlegend: !theme.phone, margin: { l: 60, r: 16, t: theme.phone ? 12 : 60, b: 48 }, hoverlabel: { bgcolor: theme.card, bordercolor: theme.line, font: { ...theme.font, size: 11 }, align: "left", namelength: -1 },
    xaxis: axis(theme, `${unit}, measured on RTL`, { rangemode: "tozero" }), yaxis: axis(theme, `accuracy, ${found.accuracy}`, { tickformat: ".1%" }),
  } };
});

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
