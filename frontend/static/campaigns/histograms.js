// How many rows have a figure in each bin, families on top of each other.
import { axis, digits, draw } from "../plots/plot.js";

export const HISTOGRAMS = ["latency_ms", "energy_mj", "utilisation", "expert_error"];
const NAMES = { latency_ms: "latency", energy_mj: "energy", utilisation: "utilisation", expert_error: "expert's cycles against measured" };
const SHARES = new Set(["expert_error", "utilisation"]);

export function drawHistogram(state, name) {
  draw(`plot-${name}`, (theme) => {
    const { families } = state.found;
    const { edges, counts, scale, unit } = state.found.histograms[name];
    const place = (value) => (scale === "log" ? Math.log10(value) : value);
    const middles = edges.slice(1).map((edge, k) => (scale === "log" ? Math.sqrt(edge * edges[k]) : (edge + edges[k]) / 2));
    const widths = edges.slice(1).map((edge, k) => edge - edges[k]);
    const share = SHARES.has(name);
    const text = (value) => (share ? `${(100 * value).toFixed(1)} %` : `${value.toPrecision(3)} ${unit}`);
    const data = families.map((family, k) => ({
      type: "bar", name: family, x: middles, y: counts[family], width: widths, marker: { color: theme.plot[k % theme.plot.length], line: { width: 0 } },
      customdata: middles.map((_, at) => [text(edges[at]), text(edges[at + 1]), digits(counts[family][at])]),
      hovertemplate: `<b>${family}</b><br>%{customdata[0]} to %{customdata[1]}: %{customdata[2]} rows<extra></extra>`,
    }));
    const ticks = scale === "log" ? { type: "log", range: [place(edges[0]), place(edges.at(-1))], dtick: 1, exponentformat: "none", minor: { dtick: "D2", showgrid: false } } : { tickformat: share ? ".0%" : undefined };
    return {
      data, legend: families.map((family, k) => [family, theme.plot[k % theme.plot.length]]),
      layout: {
        height: theme.phone ? 260 : 300, barmode: "stack", bargap: 0, showlegend: !theme.phone, margin: { l: 52, r: 12, t: theme.phone ? 8 : 36, b: 44 },
        xaxis: axis(theme, unit ? `${NAMES[name]}, ${unit}` : NAMES[name], ticks), yaxis: axis(theme, "rows", { rangemode: "tozero" }),
      },
    };
  });
}
