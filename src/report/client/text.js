// Formats text and numbers of the report. The page's script uses this file too.

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
 * Returns the text, escaped, in an element that keeps right-to-left characters from reordering the text around it.
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
 * Returns a share in percent, as CSS writes it.
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
 * Returns a text as a field of a CSV file, quoted as RFC 4180 asks. A text that spreadsheets would run as a formula
 * gets an apostrophe in front, which makes it plain text there. A text that already begins with apostrophes and such a
 * character gets one more.
 * @param {string} text @returns {string}
 */
export function quoted(text) {
  const guarded = /^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/**
 * Joins lines of CSV into a file. A byte order mark is added if there are non-ASCII characters, which Excel would
 * garble without it.
 * @param {readonly string[]} lines @returns {string}
 */
export function csvText(lines) {
  const text = [...lines, ""].join("\r\n");
  // deno-lint-ignore no-control-regex
  return /[^\x00-\x7f]/.test(text) ? `\ufeff${text}` : text;
}
