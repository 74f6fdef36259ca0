// Tables as RFC 4180 has them.

/** Rows of fields; quoted ones may hold commas, quotes and line ends. Blank lines are left out. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (
    const [whole, quoted, plain, end] of text.matchAll(/(?:"([^"]*(?:""[^"]*)*)"[^,\r\n]*|([^,\r\n]*))(,|\r?\n|\r|$)/g)
  ) {
    if (whole === "") break;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.some((field) => field !== ""));
}

/** A field as it was before it was kept from being taken for a formula: see `quoted` in report/client/text.js. */
export function withoutGuard(field: string): string {
  return /^'+[=+\-@\t\r]/.test(field) ? field.slice(1) : field;
}
