// One predictor: a module for the plots of errors, of single networks, and of what it learned from.
import { dataOf } from "../plots/data.js";
import { drawCoverage, drawErrors } from "./errors.js";
import { drawPoints, drawResiduals } from "./points.js";
import { drawCurve, drawImportance, drawShap } from "./learning.js";

const plots = dataOf("plots-data");
const drawn = { errors: drawErrors, coverage: drawCoverage, points: drawPoints, residuals: drawResiduals, curve: drawCurve, importance: drawImportance, shap: drawShap };
for (const [name, draw] of Object.entries(drawn)) if (plots[name]) draw(plots[name].data, plots.unit);
