// Sessions as points by cost and accuracy, with the front of each method; hover tells the structure.
import { axis, draw, faded } from "../plots/plot.js";

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "pentagon", "hexagram"];
const LINES = 14; // of a structure in a hover
const NARROW = 0.01; // accuracies so near to each other are told apart in hundredths of a percent

function hoverOf(run, unit) {
  const kept = run.kept.slice(0, LINES).join("<br>") + (run.kept.length > LINES ? `<br>and ${run.kept.length - LINES} layers more` : "");
  const budget = run.budget ? `, budget ${run.budget}` : "";
  return `<b>${run.method}</b>, seed ${run.seed}${budget}<br>${run.setting}<br>${(100 * run.accuracy).toFixed(2)} % at ${Number(run.cost.toPrecision(4))} ${unit}<br>${kept}`;
}

// Draws `state.found` as it is then: methods, runs, fronts, cost, unit and accuracy.
export function drawPoints(state) {
  draw("plot-pareto", (theme) => {
    const { found } = state;
    const data = [], legend = [];
    const reached = found.runs.map((run) => run.accuracy);
    const places = Math.max(...reached) - Math.min(...reached) < NARROW ? ".2%" : ".1%";
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
        text: own.map((run) => hoverOf(run, found.unit)), customdata: own.map((run) => run.job), hovertemplate: "%{text}<extra></extra>",
      });
      legend.push([method, colour]);
    });
    return { data, legend, layout: {
      height: theme.phone ? 380 : 480, dragmode: theme.phone ? false : "select", showlegend: !theme.phone, margin: { l: 60, r: 16, t: theme.phone ? 12 : 60, b: 48 }, hoverlabel: { bgcolor: theme.card, bordercolor: theme.line, font: { ...theme.font, size: 11 }, align: "left", namelength: -1 },
      xaxis: axis(theme, `${found.cost}, ${found.unit}, measured on RTL`, { rangemode: "tozero" }), yaxis: axis(theme, `accuracy, ${found.accuracy}`, { tickformat: places }),
    } };
  });
}
