/** `count` of the numbers from 0 to below `all` at equal steps, all where there are fewer; `start` below 1 moves them. */
export function evenly(all: number, count: number, start = 0): number[] {
  const taken = Math.min(all, count);
  return Array.from({ length: taken }, (_, at) => Math.floor((at + (taken < all ? start : 0)) * all / taken));
}
