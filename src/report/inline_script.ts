// Joins modules into one inline script, which cannot import anything.

/** Comments that have lines of their own. */
const COMMENTS = /^[ \t]*(\/\/[^\n]*|\/\*[^]*?\*\/[ \t]*)\n/gm;

/**
 * Returns the modules one after another in one scope, without the comments that have lines of their own: every report
 * holds the script. In each module every import must be a statement on lines of its own, and every export an
 * `export function`.
 */
export function inlineScript(modules: readonly string[]): string {
  const texts = modules.map((text) =>
    text.replace(COMMENTS, "").replace(/^import [^;]*;\n/gm, "").replace(/^export (?=(async )?function)/gm, "")
  );
  return `(() => {\n"use strict";\n${texts.join("\n")}})();\n`;
}
