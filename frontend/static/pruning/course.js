// A session's course: loss, accuracy, predicted costs against the falling budget, multiplier, and what is left of each layer.
import { axis, draw, faded } from "../plots/plot.js";

const RUN = "share of the run";
const HEIGHT = 280;
const WIDE = 20; // a ratio of greatest to least from which an axis is logarithmic

function shares(theme) {
  return axis(theme, RUN, { tickformat: ".0%", range: [0, 1.02] });
}

function layoutOf(theme, y, more = {}) {
  return { height: HEIGHT, margin: { l: 56, r: 12, t: 12, b: 48 }, showlegend: false, xaxis: shares(theme), yaxis: axis(theme, y, { rangemode: "tozero" }), ...more };
}

export function drawCourse(state) {
  const { found } = state;
  if (found.loss) draw("plot-loss", (theme) => loss(theme, state.found.loss));
  if (found.accuracy) draw("plot-accuracy", (theme) => accuracy(theme, state.found.accuracy));
  if (found.multiplier) draw("plot-multiplier", (theme) => multiplier(theme, state.found.multiplier));
  for (const name of Object.keys(found.costs ?? {})) draw(`plot-${name}`, (theme) => cost(theme, state.found.costs[name]));
  if (found.shape) draw("plot-kept", (theme) => kept(theme, state.found.shape));
}

function loss(theme, { share, loss: values }) {
  const data = [{ type: "scatter", mode: "lines", x: share, y: values, line: { color: theme.plot[0], width: 1.4 }, hovertemplate: "%{x:.1%}: %{y:.3f} nats<extra></extra>" }];
  return { data, layout: layoutOf(theme, "loss, nats") };
}

function accuracy(theme, { epoch, accuracy: values }) {
  const data = [{ type: "scatter", mode: "lines+markers", x: epoch, y: values, line: { color: theme.plot[0] }, hovertemplate: "epoch %{x}: %{y:.2%}<extra></extra>" }];
  const ticks = { tickformat: "d", nticks: Math.min(10, epoch.length + 1), range: [0.5, Math.max(...epoch) + 0.5] };
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.01, 0.1 * (most - least));
  const height = { tickformat: ".1%", range: [Math.max(0, least - room), Math.min(1, most + room)] };
  return { data, layout: layoutOf(theme, "", { xaxis: axis(theme, "epoch", ticks), yaxis: axis(theme, "of the validation images", height) }) };
}

function multiplier(theme, { share, multiplier: values }) {
  const data = [{ type: "scatter", mode: "lines+markers", x: share, y: values, line: { color: theme.plot[5], shape: "hv" }, marker: { size: 5 }, hovertemplate: "%{x:.1%}: %{y:.3~g}<extra></extra>" }];
  const wide = Math.max(...values) > WIDE * Math.min(...values);
  const height = wide ? { type: "log", dtick: 1, exponentformat: "none", minor: { dtick: "D2", showgrid: false } } : { rangemode: "tozero" };
  return { data, layout: layoutOf(theme, "", { yaxis: axis(theme, "importance for a unit of cost", height) }) };
}

function cost(theme, { share, predicted, budget, target, measured, unit, name }) {
  const [green, orange] = theme.plot;
  const tip = (what) => `%{x:.1%}: ${what} %{y:.4~g} ${unit}<extra></extra>`;
  const data = [{ type: "scatter", mode: "lines+markers", name: "predicted", x: share, y: predicted, line: { color: green, shape: "hv" }, marker: { size: 5 }, hovertemplate: tip("predicted") }];
  const legend = [["predicted", green]];
  if (budget.some((value) => value !== null)) {
    data.unshift({ type: "scatter", mode: "lines", name: "budget of the moment", x: share, y: budget, line: { color: orange, dash: "dot", shape: "hv" }, hovertemplate: tip("budget") });
    legend.push(["budget of the moment", orange]);
  }
  if (target !== null) {
    data.push({ type: "scatter", mode: "lines", name: "wanted", x: [0, 1], y: [target, target], line: { color: theme.soft, dash: "dash", width: 1.2 }, hovertemplate: `wanted: at most ${target} ${unit}<extra></extra>` });
    legend.push(["wanted", theme.soft]);
  }
  if (measured !== null) {
    data.push({ type: "scatter", mode: "markers", name: "measured on RTL", x: [1], y: [measured], marker: { symbol: "diamond", size: 11, color: theme.plot[3] }, cliponaxis: false, hovertemplate: `measured on RTL: %{y:.4~g} ${unit}<extra></extra>` });
    legend.push(["measured on RTL", theme.plot[3]]);
  }
  return { data, legend, layout: layoutOf(theme, `${name}, ${unit}`, { showlegend: !theme.phone, margin: { l: 56, r: 16, t: theme.phone ? 12 : 44, b: 48 } }) };
}

// A row for each layer, a column for each decision (several may be made at one moment), the colour fuller where more is left.
function kept(theme, { layers, dense, share, kept: rows, label }) {
  const columns = share.map((_, at) => at);
  const colour = theme.plot[0];
  const left = (layer) => rows.map((row) => (row[layer][0] * row[layer][1]) / dense[layer]);
  const data = layers.map((name, layer) => ({
    type: "bar", x: columns, base: layer - 0.44, y: columns.map(() => 0.88), width: share.length > 60 ? 1 : 0.94,
    marker: { color: left(layer).map((part) => faded(colour, 0.05 + 0.95 * part)), line: { width: 0 } },
    text: rows.map((row, at) => `<b>${name}</b><br>${row[layer][0]} of ${dense[layer]} filters, ${Math.round(100 * row[layer][1])} % of their weight vectors<br>${label[at]}`),
    textposition: "none", hovertemplate: "%{text}<extra></extra>",
  }));
  const ticks = columns.filter((at) => at % Math.ceil(share.length / (theme.phone ? 4 : 8)) === 0);
  const names = { tickmode: "array", tickvals: layers.map((_, layer) => layer), ticktext: layers, range: [layers.length - 0.5, -0.5], showgrid: false, zeroline: false };
  return { data, layout: {
    height: Math.max(HEIGHT, 70 + 20 * layers.length), barmode: "overlay", showlegend: false, margin: { l: 48, r: 12, t: 12, b: 48 },
    xaxis: axis(theme, RUN, { tickmode: "array", tickvals: ticks, ticktext: ticks.map((at) => `${Math.round(100 * share[at])} %`), showgrid: false, zeroline: false }), yaxis: axis(theme, "", names),
  } };
}
