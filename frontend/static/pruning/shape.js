// The network's shape as bars, at any decision of the session: a slider to look back, and a button that plays it.
const FAINTEST = 0.25; // as `frontend.pruning.shapes`
const PLAY_MS = 250;

export function textOf(filters, density, dense) {
  return filters ? `${filters} of ${dense} · ${Math.round(100 * density)}\u202f%` : `0 of ${dense}`;
}

// `data()` gives layers, dense, share, label and kept of the session so far.
export function lookBack(data) {
  let timer = null;
  const slider = () => document.getElementById("shape-at");

  function show(at) {
    const { kept, dense, label } = data();
    const rows = document.querySelectorAll(".shape-bars tbody tr");
    kept[at].forEach(([filters, density], layer) => {
      const bar = rows[layer].querySelector(".left");
      bar.setAttribute("width", filters);
      bar.setAttribute("fill-opacity", (FAINTEST + (1 - FAINTEST) * density).toFixed(3));
      const text = textOf(filters, density, dense[layer]);
      rows[layer].querySelector("svg").setAttribute("aria-label", text);
      rows[layer].querySelector("[data-kept]").textContent = text;
    });
    document.getElementById("shape-when").textContent = label[at];
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    document.querySelector("[data-play]")?.setAttribute("aria-pressed", "false");
  }

  function play(button) {
    if (timer) { stop(); return; }
    button.setAttribute("aria-pressed", "true");
    if (slider().value === slider().max) slider().value = 1;
    timer = setInterval(() => {
      show(slider().value - 1);
      if (slider().value === slider().max) stop();
      else slider().value = Number(slider().value) + 1;
    }, PLAY_MS);
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "shape-at") return;
    stop();
    show(event.target.value - 1);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-play]");
    if (button) play(button);
  });

  // After more was told: whoever looks at the newest decision goes on with the newest, whoever looks back stays there.
  function renew() {
    const found = data();
    if (!found) return;
    const most = found.kept.length, range = slider();
    if (!range) { show(most - 1); return; }
    const newest = range.value === range.max;
    range.max = most;
    if (newest && !timer) range.value = most;
    show(range.value - 1);
  }
  return { renew };
}
