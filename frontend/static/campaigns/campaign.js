// One campaign's page: rows and rate as its job tells of them, distributions as they grow.
import { dataOf } from "../plots/data.js";
import { digits, redraw } from "../plots/plot.js";
import { drawHistogram, HISTOGRAMS } from "./histograms.js";
import { drawScatter } from "./scatter.js";

const EVERY_MS = 10_000; // the server adds up all rows each time
const place = document.getElementById("job");
const state = { found: null };

function drawAll() {
  if (!document.getElementById("plot-data")) return;
  state.found = dataOf("plot-data");
  drawScatter(state);
  for (const name of HISTOGRAMS) drawHistogram(state, name);
}

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
// The panel is renewed when the state changes: the tables of a campaign that has just ended are complete.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "panel") renewSoon();
});

let timer = null;
function renewSoon() {
  timer ??= setTimeout(renew, EVERY_MS);
}

// Plots stay where they are and get the new figures; texts and tables are exchanged.
async function renew() {
  timer = null;
  const answer = await fetch(place.dataset.rows, { headers: { "HX-Request": "true" }, cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [mine, fresh] = [document.getElementById("rows"), page.getElementById("rows")];
  const shape = (part) => [...part.querySelectorAll("table[data-live], .plot-area")].map((one) => one.dataset.live ?? one.id).join();
  if (!fresh) return;
  if (shape(mine) !== shape(fresh)) {
    mine.replaceWith(fresh);
    drawAll();
    return;
  }
  for (const table of fresh.querySelectorAll("table[data-live]")) mine.querySelector(`table[data-live="${table.dataset.live}"]`).replaceWith(table);
  for (const text of fresh.querySelectorAll("figcaption p")) document.getElementById(text.id).textContent = text.textContent;
  const data = fresh.querySelector("#plot-data");
  if (!data) return;
  state.found = JSON.parse(data.textContent);
  for (const area of mine.querySelectorAll(".plot-area")) redraw(area.id);
}

drawAll();
