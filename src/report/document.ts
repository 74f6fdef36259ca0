// The parts that all pages share: the HTML document, frames of one shape for pictures, times, facts and warnings.

import { escapeHtml } from "./client/text.js";
import pageStyle from "./style/page.css" with { type: "text" };

/** What a page needs besides its body. */
interface PageFrame {
  readonly title: string;
  /** CSS of this page, added to the CSS that all pages share. */
  readonly style: string;
  /** What the content security policy allows in addition to pictures embedded in the page. */
  readonly policy?: string;
}

/** Returns a whole page, which loads nothing from anywhere. Picture frames are `frameRatio` times as wide as high. */
export function renderDocument({ title, style, policy }: PageFrame, body: string, frameRatio: number): string {
  const security = ["default-src 'none'", "img-src data:", "style-src 'unsafe-inline'", policy]
    .concat("base-uri 'none'", "form-action 'none'").filter(Boolean).join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${security}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${pageStyle}
${style}</style>
</head>
<body style="--frame-ratio: ${frameRatio}">
${body}
</body>
</html>
`;
}

/** Returns a `<time>` element, readable for people and for programs. */
export function renderTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return escapeHtml(iso);
  const readable = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  return `<time datetime="${escapeHtml(iso)}">${readable.format(date)} UTC</time>`;
}

/** Returns one name and its value, for a `<dl>` list. */
export function renderFact(name: string, valueHtml: string, role = ""): string {
  return `<div><dt>${name}</dt><dd${role && ` class="${role}"`}>${valueHtml}</dd></div>`;
}

/** Something with a size in pixels. */
interface Sized {
  readonly width: number;
  readonly height: number;
}

/**
 * Returns the CSS that fits a thumbnail into its frame without distortion, so that the heat map covers exactly the
 * image.
 */
export function pictureBox({ width, height }: Sized, frameRatio: number): string {
  const widthPercent = Math.min(100, (100 * width) / height / frameRatio);
  return `width: ${widthPercent.toFixed(2)}%; aspect-ratio: ${Number(width)} / ${Number(height)}`;
}

/** Returns the shape of the frame that all cards share: the median width/height, kept between 0.75 and 1.8. */
export function commonAspectRatio(images: readonly Sized[]): number {
  const ratios = images.map(({ width, height }) => width / height).sort((a, b) => a - b);
  const median = ratios.length > 0 ? ratios[ratios.length >> 1] : 1;
  return Number(Math.min(1.8, Math.max(0.75, median)).toFixed(3));
}

/** Returns the list of warnings, or nothing if there are none. */
export function renderWarnings(warnings: readonly string[]): string {
  if (warnings.length === 0) return "";
  return `<section class="warnings" id="warnings" aria-labelledby="warnings-heading">
<h2 id="warnings-heading">Warnings</h2>
<ul>
${warnings.map((warning) => `<li>${escapeHtml(warning)}</li>`).join("\n")}
</ul>
</section>`;
}
