// A simulation's report: one module for each plot.
import { dataOf } from "../plots/data.js";
import { drawCycles } from "./cycles.js";
import { drawEnergy } from "./energy.js";
import { drawMemory } from "./memory.js";
import { drawRoofline } from "./roofline.js";
import { drawTimeline } from "./timeline.js";

const found = dataOf("report-data");
drawCycles(found);
drawRoofline(found);
drawTimeline(found);
drawEnergy(found);
drawMemory(found);
