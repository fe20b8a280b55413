// One training session's page: plots and shape as it tells of them.
import { keepLive } from "../plots/live.js";
import { drawCourse } from "./course.js";
import { lookBack } from "./shape.js";

const EVERY_MS = 1500;
let found = null;
const shape = lookBack(() => found?.shape);
const { renewSoon } = keepLive({
  part: "story", address: document.getElementById("job").dataset.story, everyMs: EVERY_MS, data: "story-data",
  frame: ".shape-time, .shape-bars", texts: "#shape-text", draw: drawCourse,
  renewed: (state) => { found = state.found; shape.renew(); },
});
document.addEventListener("jobtold", renewSoon);
