// A comparison: one module for each plot.
import { dataOf } from "../plots/data.js";
import { drawFront } from "./front.js";
import { drawLayers } from "./layers.js";

drawFront(dataOf("front-data"));
drawLayers(dataOf("layers-data"));
