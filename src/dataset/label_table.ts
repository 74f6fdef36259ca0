// Reads a table of images and their labels, and finds out which column holds what.

import { AnomalyClusterError } from "../errors.ts";
import { readCsv, SEPARATORS, withoutGuard } from "./csv.ts";
import { isImageName } from "./image_names.js";
import { decodeText } from "./text.ts";

/** A row of the table, with paths and label as they are written. */
export interface LabelledRow {
  readonly path: string;
  readonly label: string;
  readonly mask?: string;
}

/** The content of a table. */
export interface LabelTable {
  readonly rows: readonly LabelledRow[];
  /** A phrase that tells the user which columns were used; empty where there was no choice. */
  readonly columns: string;
  readonly warnings: readonly string[];
}

/** A column whose heading begins with one of these words holds labels. The surest word comes first. */
const LABELS = [
  ...["label", "class", "kind", "defect", "category", "typ", "target", "group", "anomaly", "status"],
  ...["klass", "fehler", "defekt", "etikett", "kategorie", "gruppe", "étiquette", "défaut", "catégorie", "groupe"],
  ...["etiqueta", "clase", "defecto", "categoría", "grupo", "etichetta", "difetto", "categoria", "gruppo"],
];
const MASKS = ["mask", "groundtruth", "masque", "máscara", "maschera"];

/**
 * Reads a table of images and labels.
 *
 * @param name what the user calls the table.
 * @throws {AnomalyClusterError} `bad-argument`, with the reason, if it names no images with labels.
 */
export function readLabelTable(bytes: Uint8Array, name: string): LabelTable {
  const refuse = (reason: string) => {
    const form = "each line needs the path of an image and its label, with a comma, semicolon or tab between them";
    return new AnomalyClusterError("bad-argument", `${name} ${reason}: ${form}`);
  };
  const { text, guess } = decodeText(bytes);
  const all = rowsOf(text);
  if (all.length === 0) throw refuse("is empty");
  const first = all.findIndex((row) => row.some(isImageName));
  const rows = all.slice(Math.max(0, first));
  const heading = all[first - 1]; // Lines above it say nothing about columns.
  const path = pathColumn(rows, heading);
  if (path < 0) throw refuse(`names no image files (its first line is ${JSON.stringify(all[0].join(" "))})`);
  const mask = columnOf(MASKS, heading, path);
  const label = labelColumn(heading, path, mask, Math.max(...rows.map((row) => row.length)));
  if (label < 0) throw refuse("has one column alone, of images without labels");

  const found = rows.flatMap((row): LabelledRow[] => {
    if (!row[path] || !row[label]) return [];
    const [file, kind, marks] = [row[path], row[label], row[mask] ?? ""].map(withoutGuard);
    return [{ path: file, label: kind, ...(marks && { mask: marks }) }];
  });
  if (found.length === 0) throw refuse("has labels for none of its images");
  const unlabelled = rows.length - found.length;
  return {
    rows: found,
    columns: heading && heading.length > 2 ? `images in column ${heading[path]}, labels in ${heading[label]}` : "",
    warnings: [
      ...(guess ? [`${name} is not UTF-8: read as ${guess}`] : []),
      ...(unlabelled ? [`${name}: lines without an image or a label are left out, ${unlabelled} in all`] : []),
    ],
  };
}

/**
 * Splits a text into rows. The separator is the one that a first line `sep=` names, as Excel writes it; else the one by
 * which most rows have an image and something more.
 */
function rowsOf(text: string): string[][] {
  const [, told] = text.match(/^\ufeff?"?sep=([,;\t|])"?\r?\n/i) ?? [];
  if (told) return readCsv(text.slice(text.indexOf("\n") + 1), told);
  const readings = SEPARATORS.map((separator) => readCsv(text, separator));
  const parted = readings.map((rows) => rows.filter((row) => row.length > 1 && row.some(isImageName)).length);
  return readings[parted.indexOf(Math.max(...parted))];
}

/** The column with the most names of images, except the column of masks; −1 if there is none. */
function pathColumn(rows: readonly string[][], heading: readonly string[] | undefined): number {
  const counts: number[] = [];
  for (const row of rows) row.forEach((field, at) => counts[at] = (counts[at] ?? 0) + (isImageName(field) ? 1 : 0));
  const masks = columnOf(MASKS, heading, -1);
  const most = Math.max(0, ...counts.filter((_, at) => at !== masks));
  return most === 0 ? -1 : counts.findIndex((count, at) => count === most && at !== masks);
}

/** The column of labels: by its heading; else the one after the images, or the first one left. −1 if there is none. */
function labelColumn(heading: readonly string[] | undefined, path: number, mask: number, columns: number): number {
  const named = columnOf(LABELS, heading, path);
  const others = [path + 1, ...Array(columns).keys()].filter((at) => at !== path && at !== mask && at < columns);
  return named >= 0 ? named : others[0] ?? -1;
}

/** The column whose heading begins with one of these words, the earliest word first; −1 if there is none. */
function columnOf(words: readonly string[], heading: readonly string[] | undefined, except: number): number {
  const headings = (heading ?? []).map((text, at) => {
    return at === except ? "" : text.normalize().toLowerCase().replace(/[^\p{L}]/gu, "");
  });
  const found = words.find((word) => headings.some((one) => one.startsWith(word)));
  return found === undefined ? -1 : headings.findIndex((one) => one.startsWith(found));
}
