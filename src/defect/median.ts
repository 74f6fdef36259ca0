/**
 * Returns the median of numbers, of an even count the upper one, and leaves them in another order. It selects instead
 * of sorting (Hoare 1961, "Find").
 */
export function takeMedian(values: Float32Array): number {
  const middle = values.length >> 1;
  let [first, last] = [0, values.length - 1];
  while (first < last) {
    const pivot = values[(first + last) >> 1];
    let [low, high] = [first, last];
    while (low <= high) {
      while (values[low] < pivot) low++;
      while (values[high] > pivot) high--;
      if (low > high) break;
      const value = values[low];
      values[low++] = values[high];
      values[high--] = value;
    }
    if (middle <= high) last = high;
    else if (middle >= low) first = low;
    else break;
  }
  return values[middle];
}
