// Tables as RFC 4180 has them, and as Excel writes them where the comma is not the separator.

/** Characters between fields, in the order in which they are preferred. */
export const SEPARATORS = [",", ";", "\t", "|"] as const;

/** Rows of fields; quoted ones may hold separators, quotes and line ends. Blank lines are left out. */
export function readCsv(text: string, separator: string = ","): string[][] {
  const rows: string[][] = [[]];
  const plainText = `[^${separator}\\r\\n]*`;
  const field = `(?: *"([^"]*(?:""[^"]*)*)"${plainText}|(${plainText}))([${separator}]|\\r?\\n|\\r|$)`;
  for (const [whole, quoted, plain, end] of text.replace(/^\ufeff/, "").matchAll(new RegExp(field, "g"))) {
    if (whole === "") break;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    if (end !== separator) rows.push([]);
  }
  return rows.filter((row) => row.some((field) => field !== ""));
}

/** A field as it was before it was kept from being taken for a formula: see `quoted` in report/client/text.js. */
export function withoutGuard(field: string): string {
  return /^'+[=+\-@\t\r]/.test(field) ? field.slice(1) : field;
}
