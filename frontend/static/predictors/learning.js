// What it learned: errors by the number of simulations, importance of features, and what each did.
import { axis, draw, faded } from "../plots/plot.js";

export function drawCurve(points) {
  draw("plot-curve", (theme) => {
    const names = [...new Set(points.map((point) => point.name))];
    const data = names.map((name, k) => {
      const own = points.filter((point) => point.name === name);
      return { type: "scatter", mode: "lines+markers", name, x: own.map((p) => p.simulations), y: own.map((p) => p.mape), line: { color: theme.plot[k % theme.plot.length], width: 2 }, marker: { size: 7 }, hovertemplate: `<b>${name}</b><br>%{x} simulations<br>%{y:.3~g} % MAPE<extra></extra>` };
    });
    const ticks = [...new Set(points.map((p) => p.simulations))];
    return { data, layout: { height: 360, xaxis: axis(theme, "simulations fitted to", { type: "log", tickmode: "array", tickvals: ticks, ticktext: ticks.map(String) }), yaxis: axis(theme, "MAPE, %", { rangemode: "tozero" }), margin: { l: 52, r: 16, t: 30, b: 60 } } };
  });
}

export function drawImportance(rows) {
  const shown = [...rows].reverse();
  draw("plot-importance", (theme) => ({
    data: [{ type: "bar", orientation: "h", x: shown.map((row) => row.share), y: shown.map((row) => row.name), marker: { color: faded(theme.plot[0], 0.75), line: { color: theme.plot[0], width: 1 } }, hovertemplate: "<b>%{y}</b><br>%{x:.2f} %<extra></extra>" }],
    layout: { height: 40 + 24 * shown.length, margin: { l: 8, r: 16, t: 8, b: 44 }, xaxis: axis(theme, "importance, %"), yaxis: axis(theme, "") },
  }));
}

export function drawShap(found) {
  const names = Object.keys(found.shap).reverse();
  draw("plot-shap", (theme) => {
    const data = names.map((name) => {
      const values = found.values[name], least = Math.min(...values), span = Math.max(...values) - least || 1;
      const shade = values.map((value) => (value - least) / span);
      return { type: "scatter", mode: "markers", name, showlegend: false, x: found.shap[name], y: values.map(() => name), marker: { size: 6, opacity: 0.6, color: shade, cmin: 0, cmax: 1, colorscale: [[0, theme.plot[0]], [1, theme.plot[1]]] }, customdata: values, hovertemplate: `<b>${name}</b> = %{customdata:.4~g}<br>%{x:.4~g}<extra></extra>` };
    });
    return { data, layout: { height: 40 + 24 * names.length, margin: { l: 8, r: 16, t: 8, b: 44 }, xaxis: axis(theme, "effect on the logarithm"), yaxis: axis(theme, "") } };
  });
}
