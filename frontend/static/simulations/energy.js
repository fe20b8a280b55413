// Energy by action with the least and the greatest credible value.
import { axis, draw } from "../plots/plot.js";

export function drawEnergy(found) {
  const { actions, names, value, low, high, total } = found.energy;
  draw("plot-energy", (theme) => ({
    data: [{
      type: "bar", orientation: "h", y: actions.map((action) => names[action]), x: value, marker: { color: theme.plot[0] },
      error_x: { type: "data", symmetric: false, array: high.map((h, k) => h - value[k]), arrayminus: value.map((v, k) => v - low[k]), color: theme.soft, thickness: 1.4, width: 4 },
      customdata: actions.map((_, k) => [low[k], high[k], (100 * value[k]) / total]),
      hovertemplate: "<b>%{y}</b><br>%{x:.3~g} mJ (%{customdata[0]:.3~g} to %{customdata[1]:.3~g}), %{customdata[2]:.1f} % of all<extra></extra>",
    }],
    layout: {
      height: 90 + 26 * actions.length, bargap: 0.3, margin: { l: 48, r: 16, t: 8, b: 44 },
      xaxis: axis(theme, theme.phone ? "mJ per inference" : "mJ per inference, with worst cases", { rangemode: "tozero" }),
      yaxis: axis(theme, "", { autorange: "reversed", dtick: 1, ticksuffix: " ", gridcolor: "rgba(0,0,0,0)" }),
    },
  }));
}
