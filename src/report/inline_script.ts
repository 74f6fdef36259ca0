// Joins modules into one inline script, which cannot import anything.

/**
 * Returns the modules one after another in one scope. In each module every import must be a statement on lines of its
 * own, and every export an `export function`.
 */
export function inlineScript(modules: readonly string[]): string {
  const texts = modules.map((text) =>
    text.replace(/^import [^;]*;\n/gm, "").replace(/^export (?=(async )?function)/gm, "")
  );
  return `(() => {\n"use strict";\n${texts.join("\n")}})();\n`;
}
