// Ward linkage from points by a nearest-neighbour chain on centroids: N × D numbers in place of a matrix.
// The increase in variance of a union is a product of sizes and the centroids' distance (Ward 1963), so that
// a cluster needs nothing but its centroid. Short vectors (see references.ts) prove most clusters farther.

import { multiplyAdd, squaredDistance } from "./distance";
import { projectPatches } from "./projection";
import { CENTROID_NUMBERS, CENTROID_PANEL } from "./structures";

/** Bytes of a panel of short vectors. */
const PANEL_BYTES: usize = CENTROID_PANEL * CENTROID_NUMBERS * 4;

/** As for matrices: the engine replaces slow code only between calls. */
const MERGES_OF_A_CALL: i32 = 64;

/** Distances between centroids that were measured: a count. */
export let centroidDistances: i32 = 0;

let places: i32 = 0;
let open: i32 = 0;
let length: i32 = 0;
let next: i32 = 0;
let merge: i32 = 0;

/** Begins a chain of `count` points. */
export function startCentroidChain(count: i32): void {
  places = open = count;
  length = next = merge = centroidDistances = 0;
}

// @ts-ignore: decorator
@inline
function sizeAt(sizes: usize, place: i32): f32 {
  return load<f32>(sizes + (<usize> place << 2));
}

// @ts-ignore: decorator
@inline
function shortAt(shorts: usize, place: i32): usize {
  return shorts + <usize> (place / CENTROID_PANEL) * PANEL_BYTES + (<usize> (place % CENTROID_PANEL) << 2);
}

/** Twice the increase in variance: SciPy's squared height. */
// @ts-ignore: decorator
@inline
function height(sizeA: f32, sizeB: f32, squared: f32): f32 {
  return 2 * sizeA * sizeB / (sizeA + sizeB) * squared;
}

/**
 * Goes on merging, after `startCentroidChain`; true until one cluster is left.
 *
 * `centroids`: count × channels f32, overwritten. `centre`, `basis`, `axes`: as in `projectPatches`. `slack`: how far
 * rounding may move squared distances of short vectors. `sizes`: ones, `names`: the points' numbers, i32,
 * `shorts`: panels of short vectors, infinite past the last; all three for whole panels. `order`: room for 2 × count × i32;
 * `scratch`: for one short vector and `channels` doubles. `merges`: (count − 1) × 3 f64, as of `nearestNeighbourChain`.
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
      // Rounding may have let a cluster enter the chain twice: what has been merged since is no part of it.
      while (length > 0 && sizeAt(sizes, load<i32>(order + (<usize> (length - 1) << 2))) == 0) length--;
      if (length == 0) {
        while (sizeAt(sizes, next) == 0) next++;
        store<i32>(order, next);
        length = 1;
      }
      x = load<i32>(order + (<usize> (length - 1) << 2));
      const sizeX = sizeAt(sizes, x);
      const row = centroids + <usize> load<i32>(names + (<usize> x << 2)) * stride;
      // Ties turn the chain back, or it would never end.
      const before = length > 1 ? load<i32>(order + (<usize> (length - 2) << 2)) : -1;
      y = before;
      least = Infinity;
      if (before >= 0 && sizeAt(sizes, before) != 0) {
        const other = centroids + <usize> load<i32>(names + (<usize> before << 2)) * stride;
        least = height(sizeX, sizeAt(sizes, before), squaredDistance(row, other, channels, Infinity));
      } else y = -1;

      const own = shortAt(shorts, x);
      // What relative rounding may add is taken off: a short vector's distance is to be a lower bound.
      const both = f32x4.splat(2 * sizeX * <f32> 0.9999), one = f32x4.splat(sizeX), most = f32x4.splat(slack);
      for (let place = 0, panel = shorts; place < places; place += CENTROID_PANEL, panel += PANEL_BYTES) {
        const size = v128.load(sizes + (<usize> place << 2));
        const factor = f32x4.div(f32x4.mul(both, size), f32x4.add(one, size));
        const bound = f32x4.splat(least);
        let sum = f32x4.neg(most);
        let nearer = 0;
        for (let k: usize = 0; k < PANEL_BYTES; k += 128) {
          for (let at = k; at < k + 128; at += 16) {
            const d = f32x4.sub(v128.load32_splat(own + at), v128.load(panel + at));
            sum = multiplyAdd(d, d, sum);
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

    // The union lives on in y's place; x's is closed.
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
      // Every scan passes closed places too: from a quarter on they go.
      compactPlaces(sizes, names, shorts, order, order + (<usize> count << 2));
    }
  }
  return merge < count - 1;
}

/** Moves the open places together. `moved` receives where each went. */
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
