// Ward linkage from vectors, by the nearest-neighbour chain, without a matrix of distances. By how much a union increases the
// variance follows from the two clusters' sizes and the distance of their centroids (Ward 1963). So a cluster is a centroid, a
// size, and a short vector, by which most clusters are excluded.
//
// Clusters lie in places. After a merge one of the two places is closed: its size is 0. Closed places are removed when there
// are many.

import { multiplyAdd, squaredDistance } from "./distance";
import { projectPatches } from "./projection";
import { CENTROID_NUMBERS, CENTROID_PANEL } from "./structures";

/** Bytes of a panel of short vectors. */
const PANEL_BYTES: usize = CENTROID_PANEL * CENTROID_NUMBERS * 4;

/** Merges of one call. An engine replaces code that it compiled in haste only between calls: see linkage.ts. */
const MERGES_OF_A_CALL: i32 = 64;

/** A count: distances between centroids that were measured. */
export let centroidDistances: i32 = 0;

/** Places, and how many of them are open. */
let places: i32 = 0;
let open: i32 = 0;
/** How many clusters the chain holds. */
let length: i32 = 0;
/** All places before this one are closed. */
let next: i32 = 0;
/** How many merges are done. */
let merge: i32 = 0;

/** Begins a chain of `count` points. */
export function startCentroidChain(count: i32): void {
  places = open = count;
  length = next = merge = centroidDistances = 0;
}

/** How many points the cluster at a place has. */
// @ts-ignore: decorator
@inline
function sizeAt(sizes: usize, place: i32): f32 {
  return load<f32>(sizes + (<usize> place << 2));
}

/** Address of the first number of a place's short vector; the others follow by panels of places. */
// @ts-ignore: decorator
@inline
function shortAt(shorts: usize, place: i32): usize {
  return shorts + <usize> (place / CENTROID_PANEL) * PANEL_BYTES + (<usize> (place % CENTROID_PANEL) << 2);
}

/** Twice the increase in variance that a union brings: the square of what SciPy takes for its height. */
// @ts-ignore: decorator
@inline
function height(sizeA: f32, sizeB: f32, squared: f32): f32 {
  return 2 * sizeA * sizeB / (sizeA + sizeB) * squared;
}

/**
 * Does some merges, after `startCentroidChain`. Returns true until one cluster is left.
 *
 * - `centroids`: at first the points, count × channels f32. Overwritten.
 * - `centre`, `basis`, `axes`: as in `projectPatches`.
 * - `slack`: how far rounding may move a squared distance of short vectors.
 * - `sizes` (f32): at first ones. `names` (i32): at first the points' numbers. `shorts`: the short vectors, in panels, infinite
 *   behind the last. All three have room for whole panels.
 * - `order`: room for 2 × count i32. `scratch`: room for `projectPatches` of one vector.
 * - `merges`: gets (count − 1) × 3 f64, as `startChain` says.
 */
export function centroidChain(
  count: i32,
  channels: i32,
  centroids: usize,
  centre: usize,
  basis: usize,
  axes: i32,
  slack: f32,
  sizes: usize,
  names: usize,
  shorts: usize,
  order: usize,
  scratch: usize,
  merges: usize,
): bool {
  const stride = <usize> channels << 2;
  const end = min(merge + MERGES_OF_A_CALL, count - 1);
  for (; merge < end; merge++) {
    let x: i32, y: i32;
    let least: f32;
    while (true) {
      // Rounding may let a cluster enter the chain twice. One that has been merged since is taken off.
      while (length > 0 && sizeAt(sizes, load<i32>(order + (<usize> (length - 1) << 2))) == 0) length--;
      if (length == 0) {
        while (sizeAt(sizes, next) == 0) next++;
        store<i32>(order, next);
        length = 1;
      }
      x = load<i32>(order + (<usize> (length - 1) << 2));
      const sizeX = sizeAt(sizes, x);
      const row = centroids + <usize> load<i32>(names + (<usize> x << 2)) * stride;
      // Where another is as near as the one before, the chain goes back to that one: else it might never end.
      const before = length > 1 ? load<i32>(order + (<usize> (length - 2) << 2)) : -1;
      y = before;
      least = Infinity;
      if (before >= 0 && sizeAt(sizes, before) != 0) {
        const other = centroids + <usize> load<i32>(names + (<usize> before << 2)) * stride;
        least = height(sizeX, sizeAt(sizes, before), squaredDistance(row, other, channels, Infinity));
      } else y = -1;

      const own = shortAt(shorts, x);
      // A little is taken off for rounding, so that distances of short vectors are never above those of centroids.
      const both = f32x4.splat(2 * sizeX * <f32> 0.9999), one = f32x4.splat(sizeX), most = f32x4.splat(slack);
      for (let place = 0, panel = shorts; place < places; place += CENTROID_PANEL, panel += PANEL_BYTES) {
        const size = v128.load(sizes + (<usize> place << 2));
        const factor = f32x4.div(f32x4.mul(both, size), f32x4.add(one, size));
        const bound = f32x4.splat(least);
        let sum = f32x4.neg(most);
        let nearer = 0;
        for (let k: usize = 0; k < PANEL_BYTES; k += 128) {
          for (let at = k; at < k + 128; at += 16) {
            const difference = f32x4.sub(v128.load32_splat(own + at), v128.load(panel + at));
            sum = multiplyAdd(difference, difference, sum);
          }
          nearer = i32x4.bitmask(f32x4.lt(f32x4.mul(factor, sum), bound));
          if (!nearer) break;
        }
        while (nearer) {
          const at = place + ctz(nearer);
          nearer &= nearer - 1;
          if (at == x || at == before) continue;
          centroidDistances++;
          const size = sizeAt(sizes, at);
          const other = centroids + <usize> load<i32>(names + (<usize> at << 2)) * stride;
          const limit = least * (sizeX + size) / (2 * sizeX * size) * <f32> 1.0001;
          const distance = height(sizeX, size, squaredDistance(row, other, channels, limit));
          if (distance < least) {
            least = distance;
            y = at;
          }
        }
      }
      if (y == before) break;
      store<i32>(order + (<usize> length << 2), y);
      length++;
    }
    length -= 2;

    // The union takes y's place; x's is closed.
    const nameX = load<i32>(names + (<usize> x << 2)), nameY = load<i32>(names + (<usize> y << 2));
    const at = merges + <usize> merge * 24;
    store<f64>(at, <f64> nameX);
    store<f64>(at, <f64> nameY, 8);
    store<f64>(at, <f64> least, 16);
    const sizeX = sizeAt(sizes, x), sizeY = sizeAt(sizes, y);
    const share = <f64> sizeX / (<f64> sizeX + <f64> sizeY);
    const from = centroids + <usize> nameX * stride, into = centroids + <usize> nameY * stride;
    for (let k: usize = 0; k < stride; k += 4) {
      const old = <f64> load<f32>(into + k);
      store<f32>(into + k, <f32> (old + share * (<f64> load<f32>(from + k) - old)));
    }
    projectPatches(into, 1, channels, centre, basis, axes, scratch);
    const shortX = shortAt(shorts, x), shortY = shortAt(shorts, y);
    for (let k: usize = 0; k < <usize> CENTROID_NUMBERS; k++) {
      store<f32>(shortX + (k << 4), Infinity);
      if (k <= <usize> axes) store<f32>(shortY + (k << 4), load<f32>(scratch + (k << 2)));
    }
    store<f32>(sizes + (<usize> x << 2), 0);
    store<f32>(sizes + (<usize> y << 2), sizeX + sizeY);

    open--;
    if (open * 4 < places * 3 && open > 64) {
      // Every search passes closed places too: they are removed when they are a quarter.
      compactPlaces(sizes, names, shorts, order, order + (<usize> count << 2));
    }
  }
  return merge < count - 1;
}

/** Moves the open places together. `moved` gets the new place of each, −1 for a closed one. */
function compactPlaces(sizes: usize, names: usize, shorts: usize, order: usize, moved: usize): void {
  let to = 0;
  for (let from = 0; from < places; from++) {
    const size = sizeAt(sizes, from);
    if (size == 0) {
      store<i32>(moved + (<usize> from << 2), -1);
      continue;
    }
    store<i32>(moved + (<usize> from << 2), to);
    store<f32>(sizes + (<usize> to << 2), size);
    store<i32>(names + (<usize> to << 2), load<i32>(names + (<usize> from << 2)));
    const source = shortAt(shorts, from), target = shortAt(shorts, to);
    for (let k: usize = 0; k < PANEL_BYTES; k += 16) store<f32>(target + k, load<f32>(source + k));
    to++;
  }
  let kept = 0;
  for (let link = 0; link < length; link++) {
    const place = load<i32>(moved + (<usize> load<i32>(order + (<usize> link << 2)) << 2));
    if (place < 0) continue;
    store<i32>(order + (<usize> kept << 2), place);
    kept++;
  }
  length = kept;
  places = to;
  for (; to % CENTROID_PANEL != 0; to++) {
    store<f32>(sizes + (<usize> to << 2), 0);
    const target = shortAt(shorts, to);
    for (let k: usize = 0; k < PANEL_BYTES; k += 16) store<f32>(target + k, Infinity);
  }
  next = 0;
}
