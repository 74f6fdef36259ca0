// Formats what labels teach as tables and plots.

import { csvText, quoted } from "../report/client/text.js";
import { linePlot } from "./plot.ts";
import type { Estimate } from "./protocol.ts";
import { shortNumber } from "./tables.ts";
import type { Teaching } from "./teaching.ts";

/** The measurements of one set with one preset. */
export interface NamedTeaching {
  readonly set: string;
  readonly preset: string;
  readonly teaching: Teaching;
}

/** Returns all tables as Markdown. */
export function teachingTables(all: readonly NamedTeaching[]): string {
  const runs = all[0]?.teaching.runs ?? 0;
  return [
    `Mean ± standard error of ${runs} runs, each with other images labelled; measured on the images without a label. ` +
    `What is put into groups found anew counts as wrong, but for "likeliest kind". "Nearest" gives each image the kind of the nearest labelled one.`,
    curveTable(all),
    "Images that are to be checked next, against images drawn from all: labels to the accuracy that the latter have at so " +
    "many labels a kind on average.",
    orderTable(all),
    "One kind has no label: F1 of the groups found anew. One label in ten is wrong: accuracy.",
    hardTable(all),
  ].join("\n\n");
}

function curveTable(all: readonly NamedTeaching[]): string {
  const rows = all.flatMap(({ set, preset, teaching }) =>
    teaching.curve.map((row) =>
      line([
        set,
        preset,
        `${row.each} (${row.labels})`,
        `**${text(row.accuracy)}**`,
        text(row.f1),
        text(row.likeliest),
        text(row.nearest),
        shortNumber(row.calibration),
        `${(100 * row.foundFalsely).toFixed(1)} %`,
      ])
    )
  );
  return table(
    [
      "set",
      "preset",
      "labels a kind (all)",
      "accuracy",
      "macro F1",
      "likeliest kind",
      "nearest",
      "calibration error",
      "falsely new",
    ],
    rows,
  );
}

function orderTable(all: readonly NamedTeaching[]): string {
  const rows = all.flatMap(({ set, preset, teaching }) =>
    teaching.reach.map(({ each, accuracy, random, next }) =>
      line([
        set,
        preset,
        String(each),
        shortNumber(accuracy),
        random.toFixed(0),
        next === undefined ? `more than ${teaching.orders.next.at(-1)!.x.toFixed(0)}` : next.toFixed(0),
        next === undefined ? "" : shortNumber(next / random),
      ])
    )
  );
  return table(
    ["set", "preset", "labels a kind", "accuracy", "labels at random", "labels of check next", "ratio"],
    rows,
  );
}

function hardTable(all: readonly NamedTeaching[]): string {
  const rows = all.flatMap(({ set, preset, teaching }) => [
    ...teaching.keptOut.map(({ each, f1, kinds }) => {
      const worst = kinds.filter(Number.isFinite);
      const range = worst.length ? `${shortNumber(Math.min(...worst))} to ${shortNumber(Math.max(...worst))}` : "";
      return line([set, preset, `a kind without labels, F1`, String(each), text(f1), `by kind ${range}`]);
    }),
    ...teaching.wrong.map(({ each, accuracy, clean }) =>
      line([set, preset, "a tenth wrong, accuracy", String(each), text(accuracy), `all right ${text(clean)}`])
    ),
  ]);
  return table(["set", "preset", "what", "labels a kind", "found", ""], rows);
}

/** Returns plots of the learning curve and of the two orders of labelling, for one set. */
export function teachingPlots({ set, preset, teaching }: NamedTeaching): Record<string, string> {
  const { curve, orders } = teaching;
  const points = (of: (row: Teaching["curve"][number]) => number) => curve.map((row) => ({ x: row.each, y: of(row) }));
  return {
    [`teaching-${preset}.svg`]: linePlot(
      `Learning from labels: ${set}`,
      { x: "labels of each kind", y: "accuracy", logarithmic: true },
      [
        { name: "learned", points: points(({ accuracy }) => accuracy.mean) },
        { name: "learned, macro F1", points: points(({ f1 }) => f1.mean) },
        { name: "nearest label", points: points(({ nearest }) => nearest.mean) },
      ],
    ),
    [`teaching-orders-${preset}.svg`]: linePlot(
      `Which images are labelled: ${set}`,
      { x: "labels", y: "accuracy" },
      [{ name: "check next", points: orders.next }, { name: "at random", points: orders.random }],
    ),
  };
}

function text({ mean, standardError }: Estimate): string {
  if (!Number.isFinite(mean)) return "–";
  return standardError ? `${shortNumber(mean)} ± ${shortNumber(standardError)}` : shortNumber(mean);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(head: readonly string[], rows: readonly string[]): string {
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows].join("\n");
}

/** Returns the rows of the learning curves as CSV. */
export function teachingCsv(all: readonly NamedTeaching[]): string {
  const lines = all.flatMap(({ set, preset, teaching }) =>
    teaching.curve.map((row) => {
      const estimates = [row.accuracy, row.f1, row.likeliest, row.nearest];
      const numbers = estimates.flatMap(({ mean, standardError }) => [mean.toFixed(6), standardError.toFixed(6)]);
      const others = [row.calibration, row.foundFalsely].map((value) => value.toFixed(6));
      return [quoted(set), quoted(preset), row.each, row.labels, ...numbers, ...others].join(",");
    })
  );
  const columns = ["accuracy", "f1", "likeliest", "nearest"].flatMap((name) => [name, `${name}_se`]);
  return csvText([["set,preset,each,labels", ...columns, "calibration,falsely_new"].join(","), ...lines]);
}
