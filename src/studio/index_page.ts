// The page of the studio: everything is done in the browser that shows it.

import { pageMarkup } from "../page/markup.ts";
import { PRESET_NAMES } from "../preset.ts";
import { SCRIPT_HASH } from "../report/html.ts";

/** Marks a folder as one of the studio. */
export const GENERATOR = `<meta name="generator" content="anomaly clustering, studio">`;

/**
 * What the page may do: load what lies beside it, compile WebAssembly, and start helpers on further cores. The report's
 * frame inherits it, so that it also allows the report's own script, by its hash.
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

/** `script` is the URL of the page's module. */
export function indexPage(script: string): string {
  return pageMarkup({
    presets: PRESET_NAMES,
    standard: "default",
    intro: "They stay on this machine: all the work is done in this browser.",
    withoutScripts: "This page needs scripts.",
    withNormals: true,
    withNetwork: true,
    head: `${GENERATOR}\n<meta http-equiv="Content-Security-Policy" content="${STUDIO_POLICY}">\n`,
    script: `<script type="module" src="${script}"></script>`,
  });
}
