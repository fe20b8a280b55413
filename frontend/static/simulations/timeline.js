// Load, compute and store over the inference: what crossed the pins to DRAM, and how busy each unit was, layer by layer.
import { axis, digits, draw, faded } from "../plots/plot.js";

const KINDS = { program: "program", parameters: "weights, lists, records", maps: "activations read", stored: "written" };
const UNITS = { store: "store", load: "load", array: "array" };

export function drawTimeline(found) {
  const { layers, traffic } = found;
  draw("plot-timeline", (theme) => {
    const colours = { array: theme.plot[0], load: theme.plot[2], store: theme.plot[3] };
    const data = Object.keys(UNITS).map((unit) => ({
      type: "bar", orientation: "h", name: UNITS[unit], showlegend: false, base: layers.start, x: layers.cycles, y: layers.name.map(() => UNITS[unit]), width: 0.82,
      marker: { color: layers.units[unit].map((share) => faded(colours[unit], 0.06 + 0.94 * share)), line: { color: theme.card, width: 1 } },
      customdata: layers.name.map((name, k) => [name, (100 * layers.units[unit][k]).toFixed(1), digits(layers.start[k]), digits(layers.start[k] + layers.cycles[k])]),
      hovertemplate: `<b>%{customdata[0]}</b>, cycles %{customdata[2]} to %{customdata[3]}<br>${UNITS[unit]} works in %{customdata[1]} % of them<extra></extra>`,
    }));
    if (traffic) data.push(...trafficOf(theme, traffic));
    const lanes = traffic ? [0, 0.4] : [0, 1];
    return { data, layout: {
      barmode: "overlay", height: traffic ? 400 : 220, hovermode: "closest",
      xaxis: axis(theme, theme.phone ? `cycles since START, at ${found.clock_mhz} MHz` : `cycles since START (${found.clock_mhz} MHz: 1 ms is ${digits(found.clock_mhz * 1000)} cycles)`, { tickangle: 0, nticks: theme.phone ? 4 : 12, anchor: "y", range: [0, found.cycles] }),
      yaxis: axis(theme, "", { domain: lanes, type: "category", ticksuffix: " ", gridcolor: "rgba(0,0,0,0)" }),
      yaxis2: axis(theme, theme.phone ? "bytes per cycle" : "DRAM bytes per cycle", { domain: [0.5, 1], anchor: "x", rangemode: "tozero" }),
      shapes: layers.start.slice(1).map((x) => ({ type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line: { color: theme.line, width: 1, dash: "dot" } })),
      margin: { l: 56, r: 12, t: 28, b: 44 },
    } };
  });
}

function trafficOf(theme, traffic) {
  const colours = [theme.plot[5], theme.plot[2], theme.plot[4], theme.plot[3]];
  const window = traffic.window_cycles;
  return Object.keys(KINDS).filter((kind) => traffic[kind].some((beats) => beats > 0)).map((kind) => ({
    type: "scatter", mode: "lines", name: KINDS[kind], yaxis: "y2", stackgroup: "dram", line: { width: 0.8, shape: "hv", color: colours[Object.keys(KINDS).indexOf(kind)] },
    x: traffic[kind].map((_, k) => k * window), y: traffic[kind].map((beats) => (beats * traffic.beat_bytes) / window),
    hovertemplate: `${KINDS[kind]}: %{y:.3~g} bytes per cycle<br>cycles %{x} and the ${window - 1} after<extra></extra>`,
  }));
}
