// Line plots as SVG.

/** A line: its points from left to right. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const COLOURS = ["#2563eb", "#d97706", "#059669", "#7c3aed", "#dc2626", "#0891b2", "#65a30d", "#be185d"];
const [WIDTH, HEIGHT] = [680, 420];
const [LEFT, TOP, RIGHT, BOTTOM] = [56, 44, 190, 52];

/** Curves on axes that hold them all; y from 0. `logarithmic` spaces x by factors. */
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
    ...Array.from({ length: 6 }, (_, at) => top * at / 5).map((value) =>
      `<path d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}"/>` +
      `<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(2)}</text>`
    ),
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
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="15">${escaped(title)}</text>
<g stroke="#e5e7eb" fill="#4b5563">${grid.join("").replaceAll("<text", '<text stroke="none"')}</g>
${lines.join("\n")}
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
