// Finds the connected parts of a mask.

/** A connected part. */
export interface Component {
  /** Indices of its cells. */
  readonly cells: readonly number[];
  /** Bounds in cells, half-open: left, top, right, bottom. */
  readonly bounds: readonly [left: number, top: number, right: number, bottom: number];
}

/**
 * Returns the connected parts of a mask of `width` columns, in the order of their first cells. Cells that touch at
 * sides or corners are connected (8-connectivity, the default of scikit-image's `label`).
 */
export function components(mask: ArrayLike<number>, width: number): Component[] {
  const height = mask.length / width;
  const seen = new Uint8Array(mask.length);
  const found: Component[] = [];
  for (let first = 0; first < mask.length; first++) {
    if (!mask[first] || seen[first]) continue;
    const cells = [first];
    let [left, top, right, bottom] = [width, height, 0, 0];
    seen[first] = 1;
    for (let at = 0; at < cells.length; at++) {
      const [x, y] = [cells[at] % width, Math.floor(cells[at] / width)];
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const next = row * width + column;
          if (!mask[next] || seen[next]) continue;
          seen[next] = 1;
          cells.push(next);
        }
      }
    }
    found.push({ cells, bounds: [left, top, right, bottom] });
  }
  return found;
}

/** Returns the bounds around all of some components, half-open. */
export function boundsOf(parts: readonly Component[]): Component["bounds"] {
  const side = (at: number) => parts.map(({ bounds }) => bounds[at]);
  return [Math.min(...side(0)), Math.min(...side(1)), Math.max(...side(2)), Math.max(...side(3))];
}
