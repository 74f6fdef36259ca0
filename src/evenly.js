/**
 * `count` of the numbers from 0 to below `all` at equal steps, all where there are fewer; `start` below 1 moves them.
 * @param {number} all @param {number} count @param {number} [start] @returns {number[]}
 */
export function evenly(all, count, start = 0) {
  const taken = Math.min(all, count);
  return Array.from({ length: taken }, (_, at) => Math.floor((at + (taken < all ? start : 0)) * all / taken));
}
