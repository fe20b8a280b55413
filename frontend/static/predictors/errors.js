// Errors, and how many figures lie inside their interval: a bar for each kind on each split.
import { axis, draw, faded } from "../plots/plot.js";

const LEAST = 1e-3; // of a logarithmic axis, percent
const LEVEL = 90;

function bars(found, theme, least, unit) {
  return Object.entries(found.kinds).map(([kind, values], k) => {
    const colour = theme.plot[k % theme.plot.length];
    return { type: "bar", name: kind, x: found.splits, y: values.map((value) => (value === null ? null : Math.max(value, least))), marker: { color: faded(colour, 0.75), line: { color: colour, width: 1 } }, hovertemplate: `<b>${kind}</b>, %{x}<br>%{y:.3~g} ${unit}<extra></extra>` };
  });
}

export function drawErrors(found) {
  draw("plot-errors", (theme) => ({
    data: bars(found, theme, LEAST, "% MAPE"),
    layout: { barmode: "group", height: theme.phone ? 360 : 340, margin: { l: 52, r: 12, t: theme.phone ? 60 : 30, b: 60 }, xaxis: axis(theme, ""), yaxis: axis(theme, "MAPE, %", { type: "log", dtick: 1, exponentformat: "none" }) },
  }));
}

export function drawCoverage(found) {
  draw("plot-coverage", (theme) => ({
    data: bars(found, theme, 0, "% inside"),
    layout: {
      barmode: "group", height: theme.phone ? 360 : 340, margin: { l: 52, r: 12, t: theme.phone ? 60 : 30, b: 60 }, xaxis: axis(theme, ""), yaxis: axis(theme, "inside, %", { range: [0, 100] }),
      shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: LEVEL, y1: LEVEL, line: { color: theme.ink, dash: "dot", width: 1.2 } }],
    },
  }));
}
