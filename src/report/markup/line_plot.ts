// Draws lines as SVG: a value by number of groups, which marks the number that the page shows now, and a loss by epoch.

import { escapeHtml, formatNumber } from "../client/text.js";

/** One plot. */
export interface CountPlot {
  /** The name of the values. */
  readonly name: string;
  readonly values: readonly (readonly [k: number, value: number])[];
  /** The number of groups that the run chose or was given. */
  readonly chosen: number;
}

const PLOT = { width: 640, height: 260, left: 56, right: 20, top: 28, bottom: 44 } as const;

/** Draws a value by number of groups. Numbers of groups whose value is not finite are left out. */
export function countPlot({ name, values, chosen }: CountPlot): string {
  const points = values.filter(([, value]) => Number.isFinite(value)).sort(([a], [b]) => a - b);
  if (points.length === 0) return "";
  const { x, y, grid, line } = axesOf(points, "number of groups k", name);
  const description = points.map(([k, value]) => `k ${k}: ${formatNumber(value)}`).join("; ");
  return `<svg class="plot by-count" viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" \
aria-label="${escapeHtml(name)} by number of groups. ${description}. This run: ${Number(chosen)}.">
${grid}
<line class="present" x1="0" x2="0" y1="${PLOT.top}" y2="${PLOT.height - PLOT.bottom}"/>
${line}
${points.map(([k, value]) => point(k, value, x(k), y(value), k === chosen)).join("\n")}
</svg>`;
}

/** Draws a loss by epoch, counted from 1. Epochs without a loss are left out. */
export function lossPlot(name: string, losses: readonly (number | null)[]): string {
  const points = losses.flatMap((loss, at): [number, number][] => loss === null ? [] : [[at + 1, loss]]);
  if (points.length === 0) return "";
  const [[, first], [last, end]] = [points[0], points[points.length - 1]];
  const { grid, line } = axesOf(points, "epoch", name);
  return `<svg class="plot" viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="${escapeHtml(name)} by \
epoch, from ${formatNumber(first)} in the first to ${formatNumber(end)} in epoch ${last}.">
${grid}
${line}
</svg>`;
}

/** Returns what any line has: ticks, the names of both axes, and the line itself. */
function axesOf(points: readonly (readonly [x: number, y: number])[], across: string, name: string) {
  const ticks = niceTicks(points.map(([, value]) => value));
  const x = scale(points[0][0], points[points.length - 1][0], PLOT.left + 16, PLOT.width - PLOT.right - 16);
  const y = scale(ticks[0], ticks[ticks.length - 1], PLOT.height - PLOT.bottom, PLOT.top);
  const marks = points.filter((_, index) => index % Math.ceil(points.length / 16) === 0);
  const grid = `${ticks.map((tick) => horizontalTick(tick, y(tick))).join("")}
${marks.map(([at]) => `<text class="tick" x="${x(at)}" y="${PLOT.height - PLOT.bottom + 18}">${at}</text>`).join("")}
<text class="axis" x="${(PLOT.left + PLOT.width - PLOT.right) / 2}" y="${PLOT.height - 6}">${across}</text>
<text class="axis start" x="4" y="14">${escapeHtml(name)}</text>`;
  return { x, y, grid, line: `<polyline points="${points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ")}"/>` };
}

function horizontalTick(value: number, y: string): string {
  return `<line class="rule" x1="${PLOT.left}" x2="${PLOT.width - PLOT.right}" y1="${y}" y2="${y}"/>\
<text class="tick end" x="${PLOT.left - 8}" y="${y}" dy="4">${value.toFixed(2)}</text>`;
}

function point(k: number, value: number, x: string, y: string, isChosen: boolean): string {
  const text = `k = ${k}: ${formatNumber(value)}`;
  const circle = `<circle data-k="${k}" class="${isChosen ? "chosen" : ""}" cx="${x}" cy="${y}" \
r="${isChosen ? 6.5 : 3.5}"><title>${text}</title></circle>`;
  if (!isChosen) return circle;
  const nearEdge = Number(x) < 130 ? "start" : Number(x) > PLOT.width - 130 ? "end" : "";
  return `${circle}<text class="chosen-name ${nearEdge}" x="${x}" y="${y}" dy="-13">this run, ${text}</text>`;
}

/** Returns four to seven round values that enclose the data. The first and the last are the ends of the axis. */
function niceTicks(values: readonly number[]): number[] {
  const low = Math.min(...values);
  const span = Math.max(Math.max(...values) - low, 0.04);
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((candidate) => span / candidate <= 5) ?? span / 5;
  const first = Math.floor(low / step);
  const last = Math.ceil((low + span) / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function scale(from: number, to: number, start: number, end: number): (value: number) => string {
  if (from === to) return () => ((start + end) / 2).toFixed(1);
  return (value) => (start + (value - from) / (to - from) * (end - start)).toFixed(1);
}
