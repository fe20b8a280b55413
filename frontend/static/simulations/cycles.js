// Cycles per layer, stacked by busy and stall cause; as cycles or as shares of the layer.
import { CAUSES, causeColours, causeLegend } from "../plots/causes.js";
import { axis, digits, draw, redraw } from "../plots/plot.js";

export function drawCycles(found) {
  const { layers } = found;
  let shares = false;
  draw("plot-cycles", (theme) => {
    const colours = causeColours(theme);
    const data = Object.keys(CAUSES).filter((cause) => layers.parts[cause].some((value) => value > 0)).map((cause) => ({
      type: "bar", orientation: "h", name: CAUSES[cause], y: layers.label, marker: { color: colours[cause], line: { width: 0 } },
      x: layers.parts[cause].map((value, k) => (shares ? (100 * value) / (layers.cycles[k] || 1) : value)),
      customdata: layers.parts[cause].map((value, k) => [layers.name[k], digits(value), ((100 * value) / (layers.cycles[k] || 1)).toFixed(1)]),
      hovertemplate: `<b>%{customdata[0]}</b><br>${CAUSES[cause]}: %{customdata[1]} cycles (%{customdata[2]} %)<extra></extra>`,
    }));
    const { below, layout } = causeLegend(theme);
    return { data, legend: data.map((bar) => [bar.name, bar.marker.color]), layout: {
      barmode: "stack", bargap: 0.25, height: 50 + 24 * layers.label.length + below,
      xaxis: axis(theme, shares ? "% of the layer's cycles" : "cycles", { side: "top", tickangle: 0, nticks: theme.phone ? 4 : 12, range: shares ? [0, 100] : undefined }),
      yaxis: axis(theme, "", { autorange: "reversed", type: "category", ticksuffix: " ", dtick: 1, gridcolor: "rgba(0,0,0,0)" }),
      margin: { l: 48, r: 12, t: 44, b: below }, ...layout,
    } };
  });
  const choices = document.querySelectorAll("[data-cycles]");
  for (const button of choices) {
    button.addEventListener("click", () => {
      shares = button.dataset.cycles === "shares";
      for (const other of choices) other.setAttribute("aria-pressed", String(other === button));
      redraw("plot-cycles");
    });
  }
}
