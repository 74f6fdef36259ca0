// Controls of the report that concern where the defect is.

/** Chooses whether cards, tree and tips show the whole photo or the defect. */
export const DEFECT_SWITCH = `<span class="shows" role="group" aria-label="Pictures show">\
<button type="button" id="show-whole" aria-pressed="true">Whole photo</button>\
<button type="button" id="show-defect" aria-pressed="false" \
title="Each picture shows the defect and what is around it">Defect</button></span>
`;

/** Buttons that zoom the large view. */
export const VIEWER_ZOOM = `<div class="viewer-zoom" role="group" aria-label="Zoom of the photo">
<button type="button" id="zoom-out" aria-label="Smaller" title="Smaller (-)">−</button>
<button type="button" id="zoom-in" aria-label="Larger" title="Larger (+, or the wheel)">+</button>
<button type="button" id="zoom-whole" title="The whole photo (0)">Whole photo</button>
<button type="button" id="zoom-defect" title="The defect (d)">Defect</button>
<output id="zoom-value" aria-live="polite"></output>
</div>`;

/** Shows or hides the frame around the defect. */
export const FRAME_SWITCH = `<label class="switch" title="Frame around the defect (f)">\
<input type="checkbox" role="switch" id="viewer-frame" autocomplete="off" checked> Frame</label>`;
