// The report of a clustering, as one self-contained, offline HTML page. Pure: data in, text out.

import { commonAspectRatio, renderDocument, renderWarnings } from "./document.ts";
import defectsStyle from "./style/defects.css" with { type: "text" };
import { CHECK_NEXT, LEARNING } from "./markup/learning.ts";
import { PAGE_SCRIPT } from "./page_script.ts";
import { scriptHash } from "./script_hash.ts";
import exploreStyle from "./style/explore.css" with { type: "text" };
import learningStyle from "./style/learning.css" with { type: "text" };
import viewerStyle from "./style/viewer.css" with { type: "text" };
import printStyle from "./style/print.css" with { type: "text" };
import { canLearn, type ReportData } from "./shown_data.ts";
import {
  renderAgreement,
  renderChoice,
  renderPurity,
  renderSettings,
  renderSpread,
  renderTraining,
  SILHOUETTES,
} from "./markup/measures.ts";
import { VIEWER } from "./markup/viewer.ts";
import { renderExploration } from "./markup/exploration.ts";
import { renderGroups } from "./markup/groups.ts";
import { renderHeader, renderToolbar } from "./markup/toolbar.ts";

/** The hash by which a content security policy recognises the page's script. */
export const SCRIPT_HASH: string = await scriptHash(`\n${PAGE_SCRIPT}`);

/** Only the page's own script may run: the policy names its hash. */
const CONTENT_SECURITY_POLICY = `script-src '${SCRIPT_HASH}'`;

/** Returns the report's page. */
export function renderReport(data: ReportData): string {
  const frameRatio = commonAspectRatio(data.images);
  return renderDocument(
    {
      title: data.title,
      policy: CONTENT_SECURITY_POLICY,
      style: [exploreStyle, viewerStyle, defectsStyle, learningStyle, printStyle].join("\n"),
    },
    `${renderHeader(data)}
${renderToolbar(data.groups, data.images, canLearn(data))}
<main>
${renderExploration(data)}
${canLearn(data) ? LEARNING : ""}
<div id="groups">
${renderGroups(data, frameRatio)}
</div>
<p id="no-match" class="note" hidden>No image matches the search.</p>
${data.distances ? SILHOUETTES : ""}
${renderAgreement(data)}
${renderChoice(data)}
${renderSpread(data)}
${renderPurity(data)}
${renderTraining(data)}
${renderSettings(data.settings)}
${renderWarnings(data.warnings)}
</main>
${VIEWER}
${canLearn(data) ? CHECK_NEXT : ""}
<div id="tip" hidden></div>
<p id="status" role="status"></p>
<script type="application/json" id="report-data">${clientJson(data)}</script>
<script>
${PAGE_SCRIPT}</script>`,
    frameRatio,
  );
}

/**
 * Returns the JSON that the page's script reads. "<" is escaped so that nothing can end the script element. Thumbnails
 * are left out, as the cards have them.
 */
function clientJson(data: ReportData): string {
  const { title, created, model, given, groups, images, source, distances, points, map, tree, warnings } = data;
  const entries = images.map(({ thumbnail: _, width: __, height: ___, ...entry }) => entry);
  const read = { title, created, model, settings: given, groups, source, distances, points, map, tree, warnings };
  return JSON.stringify({ ...read, images: entries }).replaceAll("<", "\\u003c");
}
