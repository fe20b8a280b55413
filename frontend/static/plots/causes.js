// Causes of cycles, in the order in which they are stacked, with their names and colours.
import { faded } from "./plot.js";

export const CAUSES = {
  useful: "useful work", idle_rows: "rows without filter", idle_lanes: "lanes without pixel", zero_weights: "weights of 0",
  drain: "waits: drain", load: "waits: load", store: "waits: store", fence: "layer boundary", fetch: "no instruction",
};

// The legend of bars that lie, below them; on phones the page lists it. `below` are the pixels that it needs.
export function causeLegend(theme) {
  const below = theme.phone ? 12 : 46;
  return { below, layout: { showlegend: !theme.phone, legend: { orientation: "h", x: 0, y: 0, yanchor: "top", font: { size: 11, color: theme.soft }, traceorder: "normal" } } };
}

export function causeColours(theme) {
  const [green, orange, blue, red, , purple, grey] = theme.plot;
  return { useful: green, idle_rows: faded(green, 0.62), idle_lanes: faded(green, 0.42), zero_weights: faded(green, 0.22), drain: orange, load: blue, store: red, fence: grey, fetch: purple };
}
