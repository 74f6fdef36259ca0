// Euclidean distances between all pairs of vectors, in f64: what linkages and the choice of spreads take.

/** Vectors whose distances to one vector are found before the next is taken: they stay in the processor's second cache. */
const BLOCK = 32;

/**
 * Writes the distances between all pairs of `count` vectors of `channels` f64, a multiple of 4, to a matrix `[count, count]`
 * of f64. The same vectors always get the same distance, whatever the others are.
 */
export function euclideanMatrix(vectors: usize, count: i32, channels: i32, matrix: usize): void {
  const width = <usize> channels << 3;
  const row = <usize> count << 3;
  for (let from = 0; from < count; from += BLOCK) {
    const to = min(count, from + BLOCK);
    for (let i = 0; i < to; i++) {
      const own = vectors + <usize> i * width;
      for (let j = max(i, from); j < to; j++) {
        const distance = Math.sqrt(squared(own, vectors + <usize> j * width, width));
        store<f64>(matrix + <usize> i * row + (<usize> j << 3), distance);
        store<f64>(matrix + <usize> j * row + (<usize> i << 3), distance);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function squared(x: usize, y: usize, width: usize): f64 {
  let sum0 = f64x2.splat(0), sum1 = sum0;
  for (let at: usize = 0; at < width; at += 32) {
    const difference0 = f64x2.sub(v128.load(x + at), v128.load(y + at));
    const difference1 = f64x2.sub(v128.load(x + at, 16), v128.load(y + at, 16));
    sum0 = f64x2.add(sum0, f64x2.mul(difference0, difference0));
    sum1 = f64x2.add(sum1, f64x2.mul(difference1, difference1));
  }
  const sum = f64x2.add(sum0, sum1);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
