// Cycles by cause: of whole simulations, and of their layers side by side; as cycles or as time at each one's clock.
import { CAUSES, causeColours, causeLegend } from "../plots/causes.js";
import { axis, digits, draw, redraw } from "../plots/plot.js";

const LONGEST = 44; // of a simulation's name beside an axis

function shortened(name, theme) {
  if (theme.phone) return name.split(" on ").map((part) => cut(part, 16)).join("<br>on ");
  return cut(name, LONGEST);
}

function cut(text, most) {
  return text.length <= most ? text : `${text.slice(0, most / 2)}…${text.slice(-(most / 2 - 1))}`;
}

export function drawLayers({ runs, layers }) {
  let time = false;
  const amount = (cycles, at) => (cycles === null ? null : time ? cycles / runs.clock_mhz[at] / 1000 : cycles);
  const there = (cause) => runs.parts[cause].some((value) => value > 0);
  const bars = (theme, rows, heights) => layoutOf(theme, rows, heights, causeLegend(theme));
  const layoutOf = (theme, rows, heights, { below, layout }) => ({
    barmode: "stack", bargap: 0.22, height: heights + below,
    xaxis: axis(theme, time ? "ms at each accelerator's clock" : "cycles", { side: "top", tickangle: 0, nticks: theme.phone ? 4 : 12 }),
    yaxis: axis(theme, "", { autorange: "reversed", gridcolor: "rgba(0,0,0,0)", ticksuffix: " ", ...rows }),
    margin: { l: 48, r: 12, t: 44, b: below }, ...layout,
  });
  const places = runs.name.map((_, at) => at);
  draw("plot-runs", (theme) => {
    const colours = causeColours(theme);
    const data = Object.keys(CAUSES).filter(there).map((cause) => ({
      type: "bar", orientation: "h", name: CAUSES[cause], y: places, x: places.map((at) => amount(runs.parts[cause][at], at)), marker: { color: colours[cause] },
      customdata: places.map((at) => [runs.name[at], digits(runs.parts[cause][at]), ((100 * runs.parts[cause][at]) / (runs.cycles[at] || 1)).toFixed(1)]),
      hovertemplate: `<b>%{customdata[0]}</b><br>${CAUSES[cause]}: %{customdata[1]} cycles (%{customdata[2]} %)<extra></extra>`,
    }));
    return { data, legend: data.map((bar) => [bar.name, bar.marker.color]), layout: bars(theme, { tickmode: "array", tickvals: places, ticktext: runs.name.map((name) => shortened(name, theme)) }, 60 + 30 * places.length) };
  });
  drawAligned();
  const choices = document.querySelectorAll("[data-measure]");
  for (const button of choices) {
    button.addEventListener("click", () => {
      time = button.dataset.measure === "ms";
      for (const other of choices) other.setAttribute("aria-pressed", String(other === button));
      redraw("plot-runs");
      redraw("plot-layers");
    });
  }

  function drawAligned() {
    const few = layers.parts.useful.length;
    // Rows of one layer stand together; an empty row parts them from the next layer's.
    const row = (layer, at) => layer * (few + 0.7) + at;
    draw("plot-layers", (theme) => {
      const colours = causeColours(theme);
      const cells = layers.name.flatMap((_, layer) => places.slice(0, few).map((at) => [layer, at])).filter(([layer, at]) => layers.parts.useful[at][layer] !== null);
      const data = Object.keys(CAUSES).filter(there).map((cause) => ({
        type: "bar", orientation: "h", name: CAUSES[cause], width: 0.9, y: cells.map(([layer, at]) => row(layer, at)), x: cells.map(([layer, at]) => amount(layers.parts[cause][at][layer], at)), marker: { color: colours[cause] },
        customdata: cells.map(([layer, at]) => [layers.name[layer], runs.name[at], digits(layers.parts[cause][at][layer])]),
        hovertemplate: `<b>%{customdata[0]}</b>, %{customdata[1]}<br>${CAUSES[cause]}: %{customdata[2]} cycles<extra></extra>`,
      }));
      const ticks = layers.label.map((_, layer) => row(layer, (few - 1) / 2));
      const letters = cells.map(([layer, at]) => ({ xref: "x", x: 0, y: row(layer, at), text: String.fromCharCode(65 + at), showarrow: false, xanchor: "right", xshift: -3, font: { size: 10, color: theme.soft } }));
      const layout = bars(theme, { tickmode: "array", tickvals: ticks, ticktext: layers.label, ticksuffix: few > 1 ? "     " : " " }, 60 + 16 * few * layers.label.length + 12 * layers.label.length);
      return { data, legend: data.map((bar) => [bar.name, bar.marker.color]), layout: { ...layout, annotations: few > 1 ? letters : [] } };
    });
  }
}
