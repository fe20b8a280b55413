// Latency against energy with worst cases; the simulations that no other beats in both are joined.
import { axis, draw, faded } from "../plots/plot.js";

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "pentagon", "hexagram"];
const NAMED = 6; // so few carry their names
const WIDE = 20; // a ratio of greatest to least from which an axis is logarithmic

// Ticks at 1, 2 and 5 with their whole values; plotly writes single digits between powers of ten.
function logTicks(values) {
  const least = Math.floor(Math.log10(Math.min(...values))), most = Math.ceil(Math.log10(Math.max(...values)));
  const ticks = Array.from({ length: most - least + 1 }, (_, k) => [1, 2, 5].map((digit) => Number(`${digit}e${least + k}`))).flat();
  return { type: "log", tickmode: "array", tickvals: ticks, ticktext: ticks.map(String) };
}

export function drawFront(found) {
  const { name, accelerator, latency_ms, value, low, high, front, reference } = found;
  const kinds = [...new Set(accelerator)];
  const scale = (values) => (Math.max(...values) > WIDE * Math.min(...values) ? logTicks(values) : { rangemode: "tozero" });
  // Neighbours carry their names above and below in turn.
  const order = latency_ms.map((_, place) => place).sort((a, b) => latency_ms[a] - latency_ms[b]);
  const most = Math.max(...latency_ms);
  const beside = (place) => `${order.indexOf(place) % 2 ? "top" : "bottom"} ${latency_ms[place] > 0.6 * most ? "left" : "right"}`;
  draw("plot-front", (theme) => {
    const hover = "<b>%{customdata[0]}</b><br>%{x:.4~g} ms, %{y:.4~g} mJ (%{customdata[1]:.3~g} to %{customdata[2]:.3~g})<extra></extra>";
    const groups = kinds.map((kind, k) => {
      const at = accelerator.flatMap((own, place) => (own === kind ? [place] : []));
      const pick = (column) => at.map((place) => column[place]);
      const colour = theme.plot[k % theme.plot.length];
      return {
        type: "scatter", mode: name.length <= NAMED && !theme.phone ? "markers+text" : "markers", name: kind, x: pick(latency_ms), y: pick(value),
        text: pick(name), textposition: at.map(beside), textfont: { size: 11, color: theme.soft }, cliponaxis: false,
        marker: { size: at.map((place) => (reference[place] ? 14 : 10)), symbol: SYMBOLS[k % SYMBOLS.length], color: faded(colour, 0.75), line: { width: at.map((place) => (reference[place] ? 2.5 : 1)), color: at.map((place) => (reference[place] ? theme.ink : colour)) } },
        error_y: { type: "data", symmetric: false, array: at.map((place) => high[place] - value[place]), arrayminus: at.map((place) => value[place] - low[place]), color: faded(colour, 0.5), thickness: 1.2, width: 3 },
        customdata: at.map((place) => [name[place], low[place], high[place]]), hovertemplate: hover,
      };
    });
    const best = latency_ms.map((_, place) => place).filter((place) => front[place]).sort((a, b) => latency_ms[a] - latency_ms[b]);
    const line = { type: "scatter", mode: "lines", name: "beaten by none in both", x: best.map((place) => latency_ms[place]), y: best.map((place) => value[place]), line: { color: theme.soft, dash: "dash", width: 1.3 }, hoverinfo: "skip" };
    return { data: best.length > 1 ? [line, ...groups] : groups, layout: {
      height: theme.phone ? 380 : 440, margin: { l: 52, r: 16, t: theme.phone ? 70 : 36, b: 48 },
      xaxis: axis(theme, "latency, ms", scale(latency_ms)), yaxis: axis(theme, "energy, mJ", scale([...low, ...high])),
    } };
  });
}
