// The script of the report's page.

import { inlineScript } from "./inline_script.ts";
import text from "./client/text.js" with { type: "text" };
import grouping from "./client/grouping.js" with { type: "text" };
import groupMarkup from "./client/group_markup.js" with { type: "text" };
import heatMap from "./client/heat_map.js" with { type: "text" };
import edits from "./client/edits.js" with { type: "text" };
import contactSheets from "./client/contact_sheets.js" with { type: "text" };
import tip from "./client/tip.js" with { type: "text" };
import dendrogram from "./client/dendrogram.js" with { type: "text" };
import imageMap from "./client/image_map.js" with { type: "text" };
import silhouettePlot from "./client/silhouette_plot.js" with { type: "text" };
import looks from "./client/looks.js" with { type: "text" };
import pictures from "./client/pictures.js" with { type: "text" };
import zoom from "./client/zoom.js" with { type: "text" };
import defectView from "./client/defect_view.js" with { type: "text" };
import viewer from "./client/viewer.js" with { type: "text" };
import moving from "./client/moving.js" with { type: "text" };
import exporting from "./client/exporting.js" with { type: "text" };
import main from "./client/main.js" with { type: "text" };

const MODULES = [
  text,
  grouping,
  looks,
  groupMarkup,
  heatMap,
  pictures,
  zoom,
  defectView,
  edits,
  contactSheets,
  tip,
  dendrogram,
  imageMap,
  silhouettePlot,
  viewer,
  moving,
  exporting,
  main,
];

export const PAGE_SCRIPT: string = inlineScript(MODULES);
