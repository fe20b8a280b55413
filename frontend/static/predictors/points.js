// Single networks: predicted against simulated with intervals, and misses by family.
import { axis, draw, faded } from "../plots/plot.js";

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "pentagon", "hexagram"];
const LOG = { type: "log", dtick: 1, exponentformat: "none", minor: { dtick: "D2", showgrid: false } };

export function drawPoints(found, unit) {
  const { measured, predicted, low, high, family, outside } = found;
  const families = [...new Set(family)].sort();
  const ends = [Math.min(...measured, ...predicted), Math.max(...measured, ...predicted)];
  draw("plot-points", (theme) => {
    const groups = families.map((name, k) => {
      const at = family.flatMap((own, place) => (own === name ? [place] : []));
      const pick = (column) => at.map((place) => column[place]);
      const colour = theme.plot[k % theme.plot.length];
      return {
        type: "scatter", mode: "markers", name, x: pick(measured), y: pick(predicted),
        marker: { size: 7, symbol: SYMBOLS[k % SYMBOLS.length], color: faded(colour, 0.55), line: { width: at.map((place) => (outside[place] ? 2 : 0.8)), color: at.map((place) => (outside[place] ? theme.bad : colour)) } },
        error_y: { type: "data", symmetric: false, array: at.map((place) => high[place] - predicted[place]), arrayminus: at.map((place) => predicted[place] - low[place]), color: faded(colour, 0.45), thickness: 1, width: 0 },
        customdata: at.map((place) => [low[place], high[place], outside[place] ? "; outside" : ""]),
        hovertemplate: `<b>${name}</b><br>simulated %{x:.4~g} ${unit}, predicted %{y:.4~g} ${unit}<br>%{customdata[0]:.4~g} to %{customdata[1]:.4~g}%{customdata[2]}<extra></extra>`,
      };
    });
    const equal = { type: "scatter", mode: "lines", name: "equal", x: ends, y: ends, line: { color: theme.soft, dash: "dot", width: 1.2 }, hoverinfo: "skip" };
    return { data: [equal, ...groups], layout: { height: 400, margin: { l: 56, r: 12, t: theme.phone ? 90 : 56, b: 48 }, xaxis: axis(theme, `simulated, ${unit}`, LOG), yaxis: axis(theme, `predicted, ${unit}`, LOG) } };
  });
}

export function drawResiduals(found) {
  draw("plot-residuals", (theme) => ({
    data: Object.entries(found).map(([family, misses], k) => ({ type: "box", name: family, y: misses, boxpoints: "outliers", marker: { color: theme.plot[k % theme.plot.length], size: 4 }, line: { width: 1.4 }, fillcolor: faded(theme.plot[k % theme.plot.length], 0.25) })),
    layout: { height: 400, showlegend: false, margin: { l: 52, r: 12, t: 12, b: 80 }, xaxis: axis(theme, ""), yaxis: axis(theme, "predicted − simulated, % of simulated") },
  }));
}
