// One job's page while it lives: progress and log lines as they happen; a change of state renews the panel.
import { follow } from "../frontend/events.js";
import { durationText } from "../frontend/times.js";

const place = document.getElementById("job");
const log = document.getElementById("log");
const connection = document.querySelector("[data-connection]");
const WORDS = { live: "live", again: "connection lost, trying again…", end: "", gone: "no longer available" };
const MOST_LINES = 5000;
const TOLD = new Set(["metrics", "epoch", "shape", "run"]); // of training sessions and sweeps; they change nothing of the job itself

log.scrollTop = log.scrollHeight;
if (place.dataset.live === "yes") {
  follow(place.dataset.events, Number(place.dataset.cursor), take, (status) => {
    connection.textContent = WORDS[status];
    if (status === "end") renew();
  });
}

function take(event) {
  if (event.kind === "log") addLine(event.line);
  else if (TOLD.has(event.kind)) document.dispatchEvent(new CustomEvent("jobtold", { detail: event }));
  else if ("state" in event.changes) renew();
  else showProgress(event.changes);
}

function addLine(text) {
  document.getElementById("log-empty")?.remove();
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
  const line = document.createElement("div");
  line.textContent = text;
  log.append(line);
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function showProgress(changes) {
  document.dispatchEvent(new CustomEvent("jobprogress", { detail: changes }));
  const panel = document.getElementById("panel");
  const set = (name, text) => {
    const found = panel.querySelector(`[data-${name}]`);
    if (found) found.textContent = text;
  };
  if (changes.phase) set("phase", changes.phase);
  const bar = panel.querySelector("progress");
  if (changes.fraction == null) bar?.removeAttribute("value");
  else if (bar) bar.value = 100 * changes.fraction;
  set("percent", changes.fraction == null ? "–" : `${Math.round(100 * changes.fraction)}\u202f%`);
  set("left", changes.seconds_left == null ? "time left not known yet" : `${durationText(changes.seconds_left)} left`);
}

let renewing = false;
let again = false;
async function renew() {
  if (renewing) { again = true; return; }
  renewing = true;
  try {
    await window.htmx.ajax("GET", place.dataset.panel, { target: "#panel", swap: "outerHTML" });
  } finally {
    renewing = false;
    if (again) { again = false; renew(); }
  }
}
