// The page of the studio, which does all the work in the browser.

import { pageMarkup } from "../page/markup.ts";
import { PRESET_NAMES } from "../preset.ts";
import { SCRIPT_HASH } from "../report/html.ts";

/** Marks a folder as one that holds a built studio. */
export const GENERATOR = `<meta name="generator" content="anomaly clustering, studio">`;

/**
 * The content security policy of the page. It may load files beside it, compile WebAssembly, and start workers. The
 * report's frame inherits the policy, so it also allows the report's own script, by its hash.
 */
export const STUDIO_POLICY: string = [
  "default-src 'none'",
  `script-src 'self' 'wasm-unsafe-eval' '${SCRIPT_HASH}'`,
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "frame-src blob:",
  "img-src data:",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Returns the page. `script` is the URL of the page's module. */
export function indexPage(script: string): string {
  return pageMarkup({
    presets: PRESET_NAMES,
    standard: "default",
    intro: "They stay on this machine: all the work is done in this browser.",
    withoutScripts: "This page needs scripts.",
    withSamples: true,
    withNormals: true,
    withNetwork: true,
    head: `${GENERATOR}\n<meta http-equiv="Content-Security-Policy" content="${STUDIO_POLICY}">\n`,
    script: `<script type="module" src="${script}"></script>`,
  });
}
