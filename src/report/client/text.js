// Text and numbers as the report shows them, on the page and while it is made.

const HTML_ESCAPES = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** @param {string} text @returns {string} */
export function escapeHtml(text) {
  return text.replace(/[&<>"'\n\r]/g, (character) => HTML_ESCAPES[character]);
}

/**
 * Escaped, and kept from reordering the text around it when it holds right-to-left characters.
 * @param {string} text @returns {string}
 */
export function isolate(text) {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

/** @param {string} path @returns {string} */
export function fileName(path) {
  return path.split(/[/\\]/).pop() || path;
}

/**
 * Three significant digits, without an exponent for the sizes that occur.
 * @param {number} value @returns {string}
 */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const text = Math.abs(value) >= 1000 ? String(Number(value.toPrecision(3))) : value.toPrecision(3);
  return text.replace("-", "−");
}

/**
 * A share as CSS has it.
 * @param {number} share @returns {string}
 */
export function percent(share) {
  return `${Number((100 * share).toFixed(3))}%`;
}

/** @param {number} count @param {string} noun @param {string} [several] @returns {string} */
export function countOf(count, noun, several = `${noun}s`) {
  return `${count} ${count === 1 ? noun : several}`;
}

/** @param {readonly number[]} values @returns {number} */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {readonly number[]} values @returns {number} */
export function mean(values) {
  return sum(values) / values.length;
}

/**
 * A text as a field of a CSV file, quoted as RFC 4180 asks. Before what spreadsheets take for a formula comes an
 * apostrophe, which makes it text there; one more before a text that begins as such a field does.
 * @param {string} text @returns {string}
 */
export function quoted(text) {
  const guarded = /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/**
 * Lines of CSV as a file: with a byte order mark where letters need it, without which Excel garbles them.
 * @param {readonly string[]} lines @returns {string}
 */
export function csvText(lines) {
  const text = [...lines, ""].join("\r\n");
  // deno-lint-ignore no-control-regex
  return /[^\x00-\x7f]/.test(text) ? `\ufeff${text}` : text;
}
