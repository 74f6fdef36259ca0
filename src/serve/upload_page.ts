// The page on which images are uploaded. It is one file that loads nothing else, and shows the report in a frame
// without an origin.

import names from "../dataset/image_names.js" with { type: "text" };
import choosing from "../page/client/choosing.js" with { type: "text" };
import network from "../page/client/network.js" with { type: "text" };
import page from "../page/client/page.js" with { type: "text" };
import progress from "../page/client/progress.js" with { type: "text" };
import { pageMarkup } from "../page/markup.ts";
import type { PresetName } from "../preset.ts";
import { SCRIPT_HASH } from "../report/html.ts";
import { inlineScript } from "../report/inline_script.ts";
import { scriptHash } from "../report/script_hash.ts";
import upload from "./client/upload.js" with { type: "text" };

const SCRIPT = `\n${inlineScript([names, choosing, network, progress, page, upload])}`;

/**
 * Headers of the page. The report's frame inherits this policy, so it also allows the report's own script, by its hash.
 */
export const PAGE_POLICY: Record<string, string> = {
  "content-security-policy": `default-src 'none'; connect-src 'self'; frame-src blob:; img-src data:; ` +
    `style-src 'unsafe-inline'; script-src '${await scriptHash(SCRIPT)}' '${SCRIPT_HASH}'; base-uri 'none'; ` +
    "form-action 'none'; frame-ancestors 'none'",
};

/** The page as HTML, for a service with these presets. */
export function uploadPage(presets: readonly PresetName[], standard: PresetName, withSamples: boolean): string {
  return pageMarkup({
    presets,
    standard,
    withSamples,
    intro: "They are sent to the service that gave you this page, which keeps none of them.",
    withoutScripts: "This page needs scripts; the service itself does not: see /openapi.json.",
    script: `<script>${SCRIPT}</script>`,
  });
}
