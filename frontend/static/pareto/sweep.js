// One sweep's page: its runs and the front of those that are done, as it tells of them.
import { keepLive } from "../plots/live.js";
import { drawPoints } from "./points.js";

const EVERY_MS = 1500;
const { renewSoon } = keepLive({
  part: "runs", address: document.getElementById("job").dataset.runs, everyMs: EVERY_MS, data: "runs-data", texts: "#runs-count, #plot-pareto-title", draw: drawPoints,
});
document.addEventListener("jobtold", renewSoon);
