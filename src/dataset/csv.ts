// Reads CSV tables: those of RFC 4180, and those that Excel writes in countries with another separator than the comma.

/** Characters that may separate fields, the preferred one first. */
export const SEPARATORS = [",", ";", "\t", "|"] as const;

/** The fields of each row. Quoted fields may hold separators, quotes and line ends. Blank lines are left out. */
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

/** Removes the `'` that keeps spreadsheets from reading a field as a formula: see `quoted` in report/client/text.js. */
export function withoutGuard(field: string): string {
  return /^'+[=+\-@\t\r]/.test(field) ? field.slice(1) : field;
}
