/**
 * Renumbers groups by size, so that the largest is 0. Of groups of equal size, the one with the higher mean score comes
 * first.
 */
export function largestFirst(labels: Int32Array, scores: ArrayLike<number>): Int32Array {
  const sizes = new Map<number, number>();
  const sums = new Map<number, number>();
  labels.forEach((label, i) => {
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
    sums.set(label, (sums.get(label) ?? 0) + scores[i]);
  });
  const order = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || sums.get(b)! - sums.get(a)! || a - b);
  const place = new Map(order.map((label, at) => [label, at]));
  return labels.map((label) => place.get(label)!);
}
