// One training session's page: plots and shape as it tells of them.
import { dataOf } from "../plots/data.js";
import { redraw } from "../plots/plot.js";
import { drawCourse } from "./course.js";
import { lookBack } from "./shape.js";

const EVERY_MS = 1500;
const place = document.getElementById("job");
const state = { found: null };
const shape = lookBack(() => state.found?.shape);

function drawAll() {
  if (!document.getElementById("story-data")) return;
  state.found = dataOf("story-data");
  drawCourse(state);
  shape.renew();
}

document.addEventListener("jobtold", renewSoon);
// The panel is renewed when the state changes: what the session told last is there by then.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "panel") renewSoon();
});

let timer = null;
function renewSoon() {
  timer ??= setTimeout(renew, EVERY_MS);
}

// Plots and the shape stay where they are and get the new figures; tables and texts are exchanged.
async function renew() {
  timer = null;
  const answer = await fetch(place.dataset.story, { headers: { "HX-Request": "true" }, cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("story");
  const mine = document.getElementById("story");
  if (!fresh) return;
  const form = (part) => [...part.querySelectorAll("table[data-live], .plot-area, .shape-time, .shape-bars")].map((one) => one.dataset.live ?? (one.id || one.className)).join();
  if (form(mine) !== form(fresh)) {
    mine.replaceWith(fresh);
    drawAll();
    return;
  }
  for (const table of fresh.querySelectorAll("table[data-live]")) mine.querySelector(`table[data-live="${table.dataset.live}"]`).replaceWith(table);
  for (const text of fresh.querySelectorAll("figcaption p, #shape-text")) document.getElementById(text.id).textContent = text.textContent;
  state.found = JSON.parse(fresh.querySelector("#story-data")?.textContent ?? "{}");
  for (const area of mine.querySelectorAll(".plot-area")) redraw(area.id);
  shape.renew();
}

drawAll();
