/**
 * Makes a seeded source of random numbers from 0 to below 1 (mulberry32). It gives the same numbers on every runtime.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws `count` of the numbers below `all`, each set with the same probability. Returns them in ascending order. */
export function randomSample(all: number, count: number, seed: number): number[] {
  const random = seededRandom(seed);
  const chosen = new Set<number>();
  // Floyd's sampling (Bentley and Floyd 1987): it draws one random number for each number that is taken.
  for (let last = all - Math.min(all, count); last < all; last++) {
    const at = Math.floor(random() * (last + 1));
    chosen.add(chosen.has(at) ? last : at);
  }
  return [...chosen].sort((a, b) => a - b);
}
