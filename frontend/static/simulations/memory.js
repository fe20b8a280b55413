// How much of each on-chip memory a layer has in use.
import { axis, digits, draw } from "../plots/plot.js";

export function drawMemory(found) {
  const { memories } = found;
  const there = found.layers.memory.banks.map((share) => share !== null); // not of the tail
  const pick = (column) => column.filter((_, k) => there[k]);
  const layers = { label: pick(found.layers.label), name: pick(found.layers.name), memory: Object.fromEntries(Object.keys(memories).map((memory) => [memory, pick(found.layers.memory[memory])])) };
  draw("plot-memory", (theme) => ({
    data: Object.keys(memories).map((memory, k) => ({
      type: "scatter", mode: "lines+markers", name: memories[memory].name, x: layers.label, y: layers.memory[memory].map((share) => 100 * share),
      line: { color: theme.plot[[0, 2, 1, 6][k]], width: 2, dash: ["solid", "dash", "dot", "dashdot"][k] }, marker: { size: 6, symbol: ["circle", "square", "diamond", "x"][k] },
      customdata: layers.memory[memory].map((share, at) => [layers.name[at], digits(share * memories[memory].depth), digits(memories[memory].depth)]),
      hovertemplate: `<b>%{customdata[0]}</b><br>${memories[memory].name}: %{customdata[1]} of %{customdata[2]} ${memories[memory].unit} (%{y:.1f} %)<extra></extra>`,
    })),
    layout: {
      height: 360, margin: { l: 48, r: 12, t: 30, b: 60 },
      xaxis: axis(theme, "", { type: "category", tickangle: -45, nticks: theme.phone ? 8 : 30, gridcolor: "rgba(0,0,0,0)" }),
      yaxis: axis(theme, "% in use, at most", { rangemode: "tozero", range: [0, 100] }),
    },
  }));
}
