/**
 * Picks `count` of the numbers from 0 to below `all`, at equal steps; all of them if there are fewer. `start`, a share
 * of a step below 1, moves them up.
 * @param {number} all @param {number} count @param {number} [start] @returns {number[]}
 */
export function evenly(all, count, start = 0) {
  const taken = Math.min(all, count);
  return Array.from({ length: taken }, (_, at) => Math.floor((at + (taken < all ? start : 0)) * all / taken));
}
