// One campaign's page: rows and rate as its job tells of them, distributions as they grow.
import { keepLive } from "../plots/live.js";
import { digits } from "../plots/plot.js";
import { drawHistogram, HISTOGRAMS } from "./histograms.js";
import { drawScatter } from "./scatter.js";

const EVERY_MS = 10_000; // the server adds up all rows each time
const place = document.getElementById("job");

function drawAll(state) {
  drawScatter(state);
  for (const name of HISTOGRAMS) drawHistogram(state, name);
}

const { renewSoon } = keepLive({ part: "rows", address: place.dataset.rows, everyMs: EVERY_MS, data: "plot-data", draw: drawAll });

document.addEventListener("jobprogress", ({ detail }) => {
  if (detail.phase !== "simulate" || detail.fraction == null) return;
  const inAll = Number(place.dataset.rowsInAll);
  const rows = Math.round(detail.fraction * inAll);
  const set = (name, text) => {
    const found = document.querySelector(`#panel [data-${name}]`);
    if (found) found.textContent = text;
  };
  set("row-count", digits(rows));
  if (detail.seconds_left) set("rate", digits(Math.round(((inAll - rows) / detail.seconds_left) * 60)));
  renewSoon();
});
