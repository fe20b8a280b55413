// The graph of a network: zoom, drag, and layers that show their facts and their row in the table.
const box = document.querySelector("[data-graph]");
if (box) watch(box, box.querySelector("svg"));

function watch(box, svg) {
  const size = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };
  let scale = 1;
  const zoom = (to) => {
    const middle = (box.scrollTop + box.clientHeight / 2) / scale;
    scale = Math.min(3, Math.max(0.15, to));
    svg.setAttribute("width", size.width * scale);
    svg.setAttribute("height", size.height * scale);
    box.scrollTop = middle * scale - box.clientHeight / 2;
  };
  const fit = () => zoom(Math.min(1, (box.clientWidth - 8) / size.width));
  fit();
  box.scrollTop = 0;
  for (const button of box.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => (button.dataset.zoom === "fit" ? fit() : zoom(scale * Number(button.dataset.zoom))));
  }
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(scale * (event.deltaY < 0 ? 1.1 : 0.9));
  }, { passive: false });
  drag(box);
  svg.addEventListener("click", (event) => choose(event.target.closest("[data-node]")));
  svg.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(event.target.closest("[data-node]"));
  });
}

function drag(box) {
  let from = null;
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && !event.target.closest("button")) from = [event.clientX + box.scrollLeft, event.clientY + box.scrollTop];
  });
  addEventListener("pointerup", () => (from = null));
  box.addEventListener("pointermove", (event) => {
    if (from) [box.scrollLeft, box.scrollTop] = [from[0] - event.clientX, from[1] - event.clientY];
  });
}

function choose(node) {
  if (!node) return;
  for (const marked of document.querySelectorAll(".chosen")) marked.classList.remove("chosen");
  node.classList.add("chosen");
  const row = document.querySelector(`[data-layer="${node.dataset.node}"]`);
  const facts = document.querySelector("[data-node-facts]");
  if (!row) return;
  row.classList.add("chosen");
  row.scrollIntoView({ block: "nearest" });
  const heads = [...row.closest("table").tHead.rows[0].cells].map((cell) => cell.textContent);
  const list = document.createElement("dl");
  list.className = "facts";
  [...row.cells].forEach((cell, index) => {
    if (heads[index] === "Share") return;
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = heads[index];
    text.textContent = cell.querySelector("[title]")?.title ?? cell.textContent;
    list.append(term, text);
  });
  facts.replaceChildren(list);
  facts.hidden = false;
}
