/** Bins of the histogram, as many as in scikit-image's `threshold_otsu`. */
const BINS = 256;

/**
 * Returns the threshold that splits numbers into two classes with the least variance within each (Otsu 1979), from a
 * histogram of 256 bins. It is the middle of the last bin of the lower class, as in scikit-image's `threshold_otsu`. If
 * all numbers are equal, it is their value.
 */
export function otsuThreshold(values: ArrayLike<number>): number {
  let [least, most] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at++) {
    if (values[at] < least) least = values[at];
    if (values[at] > most) most = values[at];
  }
  if (!(most > least)) return least;
  const width = (most - least) / BINS;
  const middle = (bin: number) => least + (bin + 0.5) * width;
  const counts = new Float64Array(BINS);
  for (let at = 0; at < values.length; at++) {
    counts[Math.min(BINS - 1, Math.floor((values[at] - least) / width))]++;
  }
  const total = counts.reduce((sum, count, bin) => sum + count * middle(bin), 0);
  let [below, sumBelow, best, bestBetween] = [0, 0, 0, -1];
  for (let bin = 0; bin < BINS - 1; bin++) {
    below += counts[bin];
    sumBelow += counts[bin] * middle(bin);
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const between = below * above * (sumBelow / below - (total - sumBelow) / above) ** 2;
    if (between > bestBetween) [best, bestBetween] = [bin, between];
  }
  return middle(best);
}
