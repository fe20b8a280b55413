// What all plots share: colours of the theme, drawing when seen, and again when the theme or the width changes.
const plots = new Map();
const PHONE = 520;

// Colours and sizes as the style sheet has them now.
export function themeNow() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: get("ink"), soft: get("soft"), line: get("line"), card: get("card"), sunk: get("sunk"), accent: get("accent"), good: get("good"), bad: get("bad"),
    plot: [1, 2, 3, 4, 5, 6, 7].map((k) => get(`plot-${k}`)),
    font: { family: get("sans"), size: 12, color: get("ink") },
    phone: innerWidth <= PHONE,
  };
}

// A colour with an opacity, for fills.
export function faded(colour, opacity) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${opacity})`;
}

// Numbers as the pages write them: 1 234 567.
export function digits(value, places = 0) {
  return value.toLocaleString("en-GB", { maximumFractionDigits: places }).replaceAll(",", "\u202f");
}

export function axis(theme, title, more = {}) {
  return { title: { text: title, font: { size: 12, color: theme.soft }, standoff: 8 }, gridcolor: theme.line, linecolor: theme.line, zerolinecolor: theme.line, tickfont: { color: theme.soft, size: 11 }, automargin: true, fixedrange: theme.phone, ...more };
}

function layoutOf(theme, layout) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: theme.font, margin: { l: 48, r: 12, t: 8, b: 44 }, separators: ".\u202f",
    hoverlabel: { bgcolor: theme.card, bordercolor: theme.line, font: { ...theme.font, size: 12 }, align: "left", namelength: -1 },
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { size: 11, color: theme.soft }, bgcolor: "rgba(0,0,0,0)" },
    dragmode: theme.phone ? false : "zoom", ...layout,
  };
}

function render(place) {
  const plot = plots.get(place);
  if (!plot.seen) return;
  const theme = themeNow();
  const { data, layout, legend } = plot.make(theme);
  if (legend) listBelow(place, theme.phone ? legend : []);
  globalThis.Plotly.react(place, data, layoutOf(theme, layout), { displayModeBar: false, responsive: true, doubleClick: "reset", showTips: false });
  place.dataset.drawn = "yes";
}

// A legend of [name, colour] for phones, where one inside the plot would leave no room for it.
function listBelow(place, entries) {
  place.nextElementSibling?.remove();
  if (!entries.length) return;
  const list = document.createElement("ul");
  list.className = "plot-legend";
  for (const [name, colour] of entries) {
    const entry = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = colour;
    entry.append(swatch, name);
    list.append(entry);
  }
  place.after(list);
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    plots.get(entry.target).seen = true;
    render(entry.target);
  }
}, { rootMargin: "600px" });

// Draws into the element of that id what `make(theme)` gives: { data, layout }, and a `legend` for phones.
export function draw(id, make) {
  const place = document.getElementById(id);
  if (!place) return;
  plots.set(place, { make, seen: false });
  seen.observe(place);
}

// Draws again, after a choice changed what `make` gives.
export function redraw(id) {
  const place = document.getElementById(id);
  if (place) render(place);
}

function renderAll() {
  for (const place of plots.keys()) render(place);
}
document.addEventListener("themechange", renderAll);
matchMedia(`(max-width: ${PHONE}px)`).addEventListener("change", renderAll);
// Printed pages show every plot.
addEventListener("beforeprint", () => {
  for (const plot of plots.values()) plot.seen = true;
  renderAll();
});
