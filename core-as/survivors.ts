// The list of pairs of patches to measure: likeliest ones, then survivors, which fine integers thin out first.

import { DISTANCES, squaredDistances } from "./distance";
import { fineBytes, fineProduct } from "./fine";
import { PairMinima, PairSearch, productBytesOf, QuantisedImage } from "./structures";

/** Counts: distances that were measured, and pairs of patches that fine integers were asked about. */
export let measuredDistances: i32 = 0, refinedPairs: i32 = 0;

/** How many pairs the list holds; there is room for one more. */
const MOST: i32 = 2048;
/** Each pair is n, then m, 32 bits each. */
const list = memory.data(2049 * 8, 16);
let listed: i32 = 0;

/** Adds patch m of a and patch n of b to the list, if `really`. Returns whether the list is full. */
// @ts-ignore: decorator
@inline
export function enlist(m: i32, n: i32, really: bool): bool {
  store<u64>(list + (<usize> listed << 3), <u64> m << 32 | <u64> n);
  listed += <i32> really;
  return listed == MOST;
}

/** Takes pairs off the list whose fine integers are excluded by both patches' thresholds. `from`: the strip's first row. */
export function thinOut(search: PairSearch, a: QuantisedImage, b: QuantisedImage, from: i32): void {
  const bytes = fineBytes(search.slices << 2);
  const productBytes = productBytesOf(search.patches);
  const end = list + (<usize> listed << 3);
  let to = list;
  for (let at = list; at < end; at += 8) {
    const pair = load<u64>(at);
    const n = <usize> (pair & 0xffffffff), m = <usize> (pair >> 32);
    let A = fineProduct(a.fine + m * bytes, b.fine + n * bytes, bytes) -
      load<i32>(a.fineHalves + (m << 2)) - load<i32>(b.fineHalves + (n << 2));
    if (search.sharedSlices) A += load<i32>(search.products + (m >> 2) * productBytes + (n & ~3));
    // Without a branch, as processors could not predict it: every pair is written, and kept only if the place advances.
    const reaches = <i32> (A > load<i32>(search.fineRowThresholds + (m - from << 2))) |
      <i32> (A > load<i32>(search.fineColumnThresholds + (n << 2)));
    store<u64>(to, pair);
    to += <usize> reaches << 3;
  }
  refinedPairs += listed;
  listed = <i32> (to - list >> 3);
}

/** Measures all pairs of the list, two at a time, and empties it. */
export function measureListed(search: PairSearch, a: QuantisedImage, b: QuantisedImage, found: PairMinima): void {
  if (!listed) return;
  const own = search.ownChannels, shared = search.channels - own;
  const bytes = <usize> own << 2, sharedBytes = <usize> shared << 2;
  const end = list + (<usize> listed << 3);
  // The last pair is there twice: of an odd number it is measured with itself.
  store<u64>(end, load<u64>(end - 8));
  for (let at = list; at < end; at += 16) {
    const n = <usize> load<u32>(at), m = <usize> load<u32>(at, 4);
    const nextN = <usize> load<u32>(at, 8), nextM = <usize> load<u32>(at, 12);
    squaredDistances(
      a.patches + m * bytes, b.patches + n * bytes, a.patches + nextM * bytes, b.patches + nextN * bytes, own,
      a.sharedPatches + (m >> 2) * sharedBytes, b.sharedPatches + (n >> 2) * sharedBytes,
      a.sharedPatches + (nextM >> 2) * sharedBytes, b.sharedPatches + (nextN >> 2) * sharedBytes, shared,
    );
    keepNearer(found, m, n, load<f32>(DISTANCES));
    keepNearer(found, nextM, nextN, load<f32>(DISTANCES, 4));
  }
  measuredDistances += listed;
  listed = 0;
}

/** Keeps a squared distance for both its patches, where it is smaller than what they have. */
// @ts-ignore: decorator
@inline
function keepNearer(found: PairMinima, m: usize, n: usize, distance: f32): void {
  keepNearerOf(found.squared, found.places, m, n, distance);
  keepNearerOf(found.otherSquared, found.otherPlaces, n, m, distance);
}

/** The same for one patch. Of equal distances that to the patch of the lowest number counts. */
// @ts-ignore: decorator
@inline
function keepNearerOf(squared: usize, places: usize, own: usize, other: usize, distance: f32): void {
  const at = own << 2;
  const best = load<f32>(squared + at);
  const place = load<i32>(places + at);
  const isNearer = <i32> (distance < best) | <i32> (distance == best) & <i32> (<i32> other < place);
  // Without a branch too.
  store<i32>(places + at, select(<i32> other, place, isNearer));
  store<f32>(squared + at, min<f32>(best, distance));
}
