// The script of the report's page, joined from its modules.

import { inlineScript } from "./inline_script.ts";
import evenly from "../evenly.js" with { type: "text" };
import cholesky from "../learn/client/cholesky.js" with { type: "text" };
import kernelFeatures from "../learn/client/kernel_features.js" with { type: "text" };
import selfTraining from "../learn/client/self_training.js" with { type: "text" };
import calibration from "../learn/client/calibration.js" with { type: "text" };
import checkNext from "../learn/client/check_next.js" with { type: "text" };
import newKinds from "../learn/client/new_kinds.js" with { type: "text" };
import learned from "../learn/client/learned.js" with { type: "text" };
import text from "./client/text.js" with { type: "text" };
import grouping from "./client/grouping.js" with { type: "text" };
import groupMarkup from "./client/group_markup.js" with { type: "text" };
import heatMap from "./client/heat_map.js" with { type: "text" };
import labelledGroups from "./client/labelled_groups.js" with { type: "text" };
import packedPoints from "./client/packed_points.js" with { type: "text" };
import edits from "./client/edits.js" with { type: "text" };
import contactSheets from "./client/contact_sheets.js" with { type: "text" };
import tip from "./client/tip.js" with { type: "text" };
import dendrogram from "./client/dendrogram.js" with { type: "text" };
import imageMap from "./client/image_map.js" with { type: "text" };
import silhouettePlot from "./client/silhouette_plot.js" with { type: "text" };
import looks from "./client/looks.js" with { type: "text" };
import remembered from "./client/remembered.js" with { type: "text" };
import pictures from "./client/pictures.js" with { type: "text" };
import zoom from "./client/zoom.js" with { type: "text" };
import defectView from "./client/defect_view.js" with { type: "text" };
import viewer from "./client/viewer.js" with { type: "text" };
import moving from "./client/moving.js" with { type: "text" };
import learning from "./client/learning.js" with { type: "text" };
import confirming from "./client/confirming.js" with { type: "text" };
import agreement from "./client/agreement.js" with { type: "text" };
import learningBar from "./client/learning_bar.js" with { type: "text" };
import checkNextPanel from "./client/check_next_panel.js" with { type: "text" };
import exporting from "./client/exporting.js" with { type: "text" };
import main from "./client/main.js" with { type: "text" };

const MODULES = [
  evenly,
  cholesky,
  kernelFeatures,
  selfTraining,
  calibration,
  checkNext,
  newKinds,
  learned,
  text,
  grouping,
  looks,
  groupMarkup,
  heatMap,
  remembered,
  pictures,
  zoom,
  defectView,
  labelledGroups,
  packedPoints,
  edits,
  contactSheets,
  tip,
  dendrogram,
  imageMap,
  silhouettePlot,
  viewer,
  moving,
  learning,
  confirming,
  agreement,
  learningBar,
  checkNextPanel,
  exporting,
  main,
];

export const PAGE_SCRIPT: string = inlineScript(MODULES);
