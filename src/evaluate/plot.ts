// Draws plots as SVG.

/** A line. Its points are ordered from left to right. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const COLOURS = ["#2563eb", "#d97706", "#059669", "#7c3aed", "#dc2626", "#0891b2", "#65a30d", "#be185d"];
const [WIDTH, HEIGHT] = [680, 420];
const [LEFT, TOP, RIGHT, BOTTOM] = [56, 44, 190, 52];

/** Draws curves on axes that hold them all, with y from 0. `logarithmic` makes the x axis logarithmic. */
export function linePlot(
  title: string,
  axes: { readonly x: string; readonly y: string; readonly logarithmic?: boolean },
  curves: readonly Curve[],
): string {
  const points = curves.flatMap(({ points }) => points);
  const place = (x: number) => axes.logarithmic ? Math.log(x) : x;
  const [least, most] = [Math.min(...points.map(({ x }) => place(x))), Math.max(...points.map(({ x }) => place(x)))];
  const top = Math.min(1, Math.ceil(Math.max(...points.map(({ y }) => y)) * 10 + 0.1) / 10);
  const x = (value: number) => LEFT + (place(value) - least) / (most - least || 1) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
  const marks = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const step = Math.ceil(marks.length / 10);
  const grid = [
    ...horizontalLines(top, y),
    ...marks.filter((_, at) => at % step === 0).map((value) =>
      `<text x="${x(value)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${Number(value.toPrecision(3))}</text>`
    ),
  ];
  const lines = curves.map(({ name, points }, at) => {
    const colour = COLOURS[at % COLOURS.length];
    const path = points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(" ");
    return `<g fill="${colour}" stroke="${colour}"><polyline points="${path}" fill="none" stroke-width="2"/>` +
      `<text x="${WIDTH - RIGHT + 12}" y="${TOP + 12 + at * 18}" stroke="none">${escaped(name)}</text></g>`;
  });
  return framed(title, axes, grid, lines);
}

/** Bars side by side, with their names. */
export interface BarGroup {
  readonly name: string;
  readonly bars: readonly { readonly name: string; readonly mean: number; readonly standardError: number }[];
}

/** Draws groups of bars with their standard errors. Bars of the same name have the same colour. */
export function barPlot(title: string, y: string, groups: readonly BarGroup[]): string {
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ mean, standardError }) => mean + standardError)));
  const top = Math.min(1, Math.ceil(most * 10 + 0.1) / 10);
  const height = (value: number) => HEIGHT - BOTTOM - Math.max(0, value) / top * (HEIGHT - TOP - BOTTOM);
  const room = (WIDTH - LEFT - RIGHT) / groups.length;
  const wide = Math.min(40, room * 0.8 / names.length);
  const bars = groups.flatMap(({ bars }, group) =>
    bars.map(({ name, mean, standardError }, at) => {
      const left = LEFT + room * (group + 0.5) + (at - bars.length / 2) * wide;
      const [middle, low, high] = [left + wide / 2, height(mean - standardError), height(mean + standardError)];
      return `<rect x="${left}" y="${height(mean)}" width="${wide - 2}" height="${HEIGHT - BOTTOM - height(mean)}" ` +
        `fill="${COLOURS[names.indexOf(name) % COLOURS.length]}"><title>${escaped(name)}: ${
          mean.toFixed(3)
        }</title></rect>` +
        `<path d="M${middle} ${low}V${high}" stroke="#111827"/>`;
    })
  );
  const legend = names.map((name, at) =>
    `<text x="${WIDTH - RIGHT + 12}" y="${TOP + 12 + at * 18}" fill="${COLOURS[at % COLOURS.length]}">${
      escaped(name)
    }</text>`
  );
  const grid = [
    ...horizontalLines(top, height),
    ...groups.map(({ name }, group) =>
      `<text x="${LEFT + room * (group + 0.5)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${
        escaped(name)
      }</text>`
    ),
  ];
  return framed(title, { x: "", y }, grid, [...bars, ...legend]);
}

function horizontalLines(top: number, y: (value: number) => number): string[] {
  return Array.from({ length: 6 }, (_, at) => top * at / 5).map((value) =>
    `<path d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}"/>` +
    `<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(2)}</text>`
  );
}

/** Puts title, axes and grid around the content of a plot. */
function framed(
  title: string,
  axes: { readonly x: string; readonly y: string },
  grid: readonly string[],
  content: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="15">${escaped(title)}</text>
<g stroke="#e5e7eb" fill="#4b5563">${grid.join("").replaceAll("<text", '<text stroke="none"')}</g>
${content.join("\n")}
<g fill="#4b5563"><text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${
    escaped(axes.x)
  }</text>
<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${
    escaped(axes.y)
  }</text></g>
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
