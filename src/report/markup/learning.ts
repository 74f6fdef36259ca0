// HTML of the controls with which the page learns from corrections.

/** Buttons in the toolbar, so that they are at hand wherever one corrects. */
export const LEARN_CONTROLS = `<div class="learn-controls needs-script" role="group" aria-label="Learning">
<button type="button" id="learn" aria-describedby="learning-hint">Learn</button>
<button type="button" id="check-next-open" aria-describedby="learning-hint">Check next</button>
</div>
`;

/** The section that shows what was learned so far, what is still missing, and which images are shown. */
export const LEARNING = `<section class="learning needs-script" id="learning" aria-labelledby="learning-heading">
<div class="learning-head">
<h2 id="learning-heading">Learning from corrections</h2>
<label class="switch" title="After every label the other images move to what they resemble"><input type="checkbox" \
role="switch" id="learn-as-i-go" autocomplete="off"> Learn as I go</label>
<label class="image-order">Images <select id="image-order" autocomplete="off"><option value="typical">most typical first\
</option><option value="unsure">least sure first</option></select></label>
</div>
<p id="learning-hint"></p>
<div id="standing-bar" role="img"></div>
<div id="standings" role="group" aria-label="Show only images that are"></div>
<p id="answers-agree" class="note" hidden></p>
</section>`;

/** The confirm button in the large view of an image. */
export const VIEWER_CONFIRM =
  `<p class="viewer-confirm"><button type="button" id="viewer-confirm" aria-pressed="false" \
title="It is in the right group (c)">Confirm</button> <span id="viewer-sure"></span></p>`;

/** The dialog that asks, one after another, about the images whose answers help most. */
export const CHECK_NEXT = `<dialog id="check-next" aria-labelledby="check-next-heading">
<div class="viewer-bar"><h2 id="check-next-heading">Check next</h2>
<p id="check-next-place"></p>
<button type="button" id="check-next-close" aria-label="Close" title="Close (Escape)">×</button></div>
<div id="check-next-body">
<div class="check-next-asked">
<div class="viewer-stage"><span class="picture" id="check-next-picture"></span></div>
<div class="check-next-caption"><span class="name" id="check-next-name"></span>
<label class="switch" title="Heat map (h)"><input type="checkbox" role="switch" id="check-next-overlay" autocomplete="off"> \
Heat map</label></div>
</div>
<div class="check-next-side">
<p id="check-next-question" role="status"></p>
<ul id="check-next-examples" class="similar" aria-label="Images of that group"></ul>
<div class="check-next-main">
<button type="button" id="check-next-right"><kbd>Enter</kbd> Right</button>
<button type="button" id="check-next-called"><kbd>r</kbd> Right, name it</button>
<button type="button" id="check-next-new"><kbd>n</kbd> A new kind</button>
<button type="button" id="check-next-skip"><kbd>s</kbd> Skip</button>
<button type="button" id="check-next-back"><kbd>b</kbd> Back</button>
</div>
<div id="check-next-naming" hidden><label><span id="check-next-naming-what"></span> <input type="text" id="check-next-kind-name" maxlength="80" \
autocomplete="off" placeholder="may stay empty"></label> <button type="button" id="check-next-add">Enter</button></div>
<h3 id="check-next-others">Another kind</h3>
<ul id="check-next-kinds" aria-labelledby="check-next-others"></ul>
</div>
</div>
<div id="check-next-done" hidden>
<p id="check-next-result" role="status"></p>
<div class="check-next-main"><button type="button" id="check-next-more">12 more</button>
<button type="button" id="check-next-end">Close</button></div>
</div>
</dialog>`;
