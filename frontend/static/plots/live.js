// A part of a page that is fetched again while something goes on: its plots stay where they are and get the new figures, its tables and
// texts are exchanged; where it has come to have other plots or tables, all of it is.
import { redraw } from "./plot.js";

// Keeps the part with the id `part` as `address` has it now, every `everyMs` at most after `renewSoon()` or a change of the page's panel.
//
// `data`: the id of its figures; `draw(state)` draws plots that take them from `state.found` whenever they are drawn again.
// `frame` and `texts`: selectors of what must be the same for plots to stay, and of texts, beside those that all pages have.
// `renewed(state)`: after new figures came.
export function keepLive({ part, address, everyMs, data, frame = "", texts = "", draw, renewed = () => {} }) {
  const state = { found: null };
  let timer = null;
  const all = (root, ...selectors) => [...root.querySelectorAll(selectors.filter(Boolean).join(", "))];
  const form = (root) => all(root, "table[data-live]", ".plot-area", frame).map((one) => one.dataset.live ?? (one.id || one.className)).join();

  function drawAll() {
    const figures = document.getElementById(data);
    if (!figures) return;
    state.found = JSON.parse(figures.textContent);
    draw(state);
    renewed(state);
  }

  async function renew() {
    timer = null;
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part);
    const mine = document.getElementById(part);
    if (!fresh) return;
    if (form(mine) !== form(fresh)) {
      mine.replaceWith(fresh);
      drawAll();
      return;
    }
    for (const table of all(fresh, "table[data-live]")) mine.querySelector(`table[data-live="${table.dataset.live}"]`).replaceWith(table);
    for (const text of all(fresh, "figcaption p", texts)) document.getElementById(text.id).textContent = text.textContent;
    const figures = fresh.querySelector(`#${data}`);
    if (!figures) return;
    state.found = JSON.parse(figures.textContent);
    for (const area of all(mine, ".plot-area")) redraw(area.id);
    renewed(state);
  }

  function renewSoon() {
    timer ??= setTimeout(renew, everyMs);
  }
  // The panel is renewed when the state changes: what was told last is there by then.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "panel") renewSoon();
  });
  drawAll();
  return { state, renewSoon };
}
