// Modules one after another in one scope, as an inline script cannot import.

/** Each import is a statement on lines of its own at the start of a module; exports are `export function`. */
export function inlineScript(modules: readonly string[]): string {
  const texts = modules.map((text) =>
    text.replace(/^import [^;]*;\n/gm, "").replace(/^export (?=(async )?function)/gm, "")
  );
  return `(() => {\n"use strict";\n${texts.join("\n")}})();\n`;
}
