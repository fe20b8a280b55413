// MACs per DRAM byte against MACs per cycle, under the roofs of array and DRAM.
import { axis, digits, draw, faded } from "../plots/plot.js";

const NAMED = 3; // the points furthest below their roof carry their names, where that is far

export function drawRoofline(found) {
  const roofs = found.roofline;
  const points = roofs.points;
  draw("plot-roofline", (theme) => {
    const peak = roofs.array_macs_per_cycle, slope = roofs.dram_bytes_per_cycle, ridge = peak / slope;
    const xs = points.map((p) => p.macs_per_byte), ys = points.map((p) => p.macs_per_cycle);
    const low = Math.min(ridge / 4, ...xs) / 1.6, high = Math.max(ridge * 8, ...xs) * 1.6;
    const most = Math.max(...points.map((p) => p.cycles));
    const named = new Set(points.filter((p) => p.macs_per_cycle < 0.8 * p.roof).sort((a, b) => a.macs_per_cycle / a.roof - b.macs_per_cycle / b.roof).slice(0, theme.phone ? 2 : NAMED).map((p) => p.name));
    const roof = { type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false };
    const data = [
      { ...roof, x: [low, ridge], y: [low * slope, peak], line: { color: theme.plot[2], width: 2 }, name: "DRAM" },
      { ...roof, x: [ridge, high], y: [peak, peak], line: { color: theme.plot[0], width: 2 }, name: "array" },
      ...["array", "dram"].map((limit) => {
        const these = points.filter((p) => p.limit === limit);
        const colour = limit === "array" ? theme.plot[0] : theme.plot[2];
        return {
          type: "scatter", mode: "markers+text", name: `under the roof of ${limit === "array" ? "the array" : "DRAM"}`, x: these.map((p) => p.macs_per_byte), y: these.map((p) => p.macs_per_cycle),
          marker: { color: faded(colour, 0.55), line: { color: colour, width: 1.5 }, size: these.map((p) => 7 + 16 * Math.sqrt(p.cycles / most)) },
          text: these.map((p) => (named.has(p.name) ? p.label : "")), textposition: "middle right", textfont: { size: 11, color: theme.soft }, cliponaxis: false,
          customdata: these.map((p) => [p.name, digits(p.cycles), ((100 * p.macs_per_cycle) / p.roof).toFixed(1)]),
          hovertemplate: "<b>%{customdata[0]}</b><br>%{x:.3~g} MACs per byte, %{y:.4~g} MACs per cycle<br>%{customdata[2]} % of its roof; %{customdata[1]} cycles<extra></extra>",
        };
      }),
    ];
    const whole = roofs.whole;
    if (whole) data.push({ type: "scatter", mode: "markers", name: "whole network", x: [whole.macs_per_byte], y: [whole.macs_per_cycle], marker: { symbol: "star", size: 15, color: theme.plot[1], line: { color: theme.card, width: 1 } }, hovertemplate: "<b>whole network</b><br>%{x:.3~g} MACs per byte, %{y:.4~g} MACs per cycle<extra></extra>" });
    const ticks = { type: "log", dtick: 1, exponentformat: "none", minor: { dtick: "D2", showgrid: false } };
    return { data, layout: {
      height: theme.phone ? 340 : 380,
      xaxis: axis(theme, "MACs per DRAM byte", { ...ticks, range: [Math.log10(low), Math.log10(high)] }),
      yaxis: axis(theme, "MACs per cycle", { ...ticks, range: [Math.log10(Math.min(peak / 100, ...ys) / 1.5), Math.log10(peak * 2.2)] }),
      annotations: [
        { x: Math.log10(high), y: Math.log10(peak), xanchor: "right", yanchor: "bottom", yshift: 10, showarrow: false, text: `array: ${digits(peak)} cells`, font: { size: 11, color: theme.plot[0] } },
        { x: Math.log10(ridge), y: Math.log10(peak / 3), xanchor: "left", yanchor: "top", showarrow: false, text: `DRAM: ${slope} bytes per cycle`, font: { size: 11, color: theme.plot[2] } },
      ],
    } };
  });
}
