// HTML of the large view of an image.

import { FRAME_SWITCH, VIEWER_ZOOM } from "./defects.ts";
import { VIEWER_CONFIRM } from "./learning.ts";

/** The large view of an image. */
export const VIEWER: string = `<dialog id="viewer" aria-labelledby="viewer-name">
<div class="viewer-bar"><h2 id="viewer-name"></h2>
<p id="viewer-place"></p>
<button type="button" id="viewer-previous" aria-label="Previous image" title="Previous image (arrow left)">‹</button>
<button type="button" id="viewer-next" aria-label="Next image" title="Next image (arrow right)">›</button>
<button type="button" id="viewer-close" aria-label="Close" title="Close (Escape)">×</button></div>
<div class="viewer-body">
<div class="viewer-stage"><span class="picture" id="viewer-picture"></span></div>
<div class="viewer-side">
${VIEWER_ZOOM}
<div class="viewer-switches">
<label class="switch" title="Heat map (h)"><input type="checkbox" role="switch" id="viewer-overlay" autocomplete="off"> Heat map</label>
${FRAME_SWITCH}
</div>
${VIEWER_CONFIRM}
<dl id="viewer-facts"></dl>
<label class="viewer-move">Move to <select id="viewer-group" autocomplete="off"></select></label>
<h3>Most similar images</h3>
<ul id="viewer-similar" class="similar"></ul>
</div>
</div>
</dialog>`;
