// MACs against latency, a colour for each family and a symbol for each accelerator.
import { axis, digits, draw, faded } from "../plots/plot.js";

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "pentagon", "hexagram"];

export function drawScatter(state) {
  draw("plot-scatter", (theme) => {
    const { families, scatter } = state.found;
    const accelerators = [...new Set(families.flatMap((family) => scatter[family].accelerator))].sort();
    const data = families.map((family, k) => {
      const own = scatter[family];
      const colour = theme.plot[k % theme.plot.length];
      return {
        type: "scatter", mode: "markers", name: family, x: own.macs, y: own.latency_ms,
        marker: { size: 6, color: faded(colour, 0.6), symbol: own.accelerator.map((name) => SYMBOLS[accelerators.indexOf(name) % SYMBOLS.length]), line: { width: 0.5, color: colour } },
        customdata: own.accelerator.map((name, at) => [name, digits(own.macs[at])]),
        hovertemplate: `<b>${family}</b> on %{customdata[0]}<br>%{customdata[1]} MACs, %{y:.4~g} ms<extra></extra>`,
      };
    });
    const ticks = { type: "log", dtick: 1, exponentformat: "SI", minor: { dtick: "D2", showgrid: false } };
    return {
      data, legend: families.map((family, k) => [family, theme.plot[k % theme.plot.length]]),
      layout: {
        height: theme.phone ? 340 : 420, showlegend: !theme.phone, margin: { l: 56, r: 12, t: theme.phone ? 8 : 36, b: 48 },
        xaxis: axis(theme, "MACs of one inference", ticks), yaxis: axis(theme, "latency, ms", { ...ticks, exponentformat: "none" }),
      },
    };
  });
}
