// The nearest of all patches of the references, by bytes: the scores against labelled normal images (Sohn et al. 2023, eq. 6).
// The nearest reference so far excludes most of those that follow. Integers are made of short vectors, or of the patches
// themselves where a few axes leave much; distances are measured from the patches.

import { byteThreshold, HIGHEST, layOut, LOWEST, TILE, tileOf } from "./bytes";
import { squaredDistance } from "./distance";
import { BYTE_PANEL, ByteQuantisation, ByteSide, SLICE_BYTES } from "./structures";

/** A count: tiles that were computed. */
export let referenceTiles: i32 = 0;
/** A count: distances that were measured. */
export let referenceDistances: i32 = 0;

// quad_references.ts counts with these, as only its own file can change a count.

// @ts-ignore: decorator
@inline
export function countTile(): void {
  referenceTiles++;
}

// @ts-ignore: decorator
@inline
export function countDistance(): void {
  referenceDistances++;
}

/** The part of eight patches in A: their norms less what they are raised by. A is a sum of products less both sides' parts. */
// @ts-ignore: decorator
@inline
function ownPart(side: ByteSide, place: usize): v128 {
  return i16x8.sub_sat_s(v128.load(side.norms + place), v128.load(side.adjustments + place));
}

/** Which of eight sums of products, less the columns' `part`, are what a row wants, or more. */
// @ts-ignore: decorator
@inline
function reaching(at: usize, part: v128, wanted: v128): v128 {
  return i16x8.ge_s(i16x8.sub_sat_s(v128.load(at), part), wanted);
}

/** Not 0 where any of a row's 24 are. */
// @ts-ignore: decorator
@inline
function anyReaching(row: usize, part0: v128, part1: v128, part2: v128, wanted: v128): v128 {
  const reached = v128.or(reaching(row, part0, wanted), reaching(row + 16, part1, wanted));
  return v128.or(reached, reaching(row + 32, part2, wanted));
}

/**
 * Looks among the references b for ones nearer to a's patches. Of these, `nearest` has the squared distances (f32) so far,
 * and `places` the references' numbers (i32). `wanted` has, in 16 bits, the sum of products, less the reference's part, that
 * a nearer reference has at least. `short`: how many numbers a short vector has.
 */
export function nearerReferences(
  a: ByteSide,
  b: ByteSide,
  channels: i32,
  short: i32,
  quantisation: ByteQuantisation,
  nearest: usize,
  wanted: usize,
  places: usize,
): void {
  layOut(short + 1 >> 1, quantisation);
  for (let n = 0; n < b.count; n += BYTE_PANEL) {
    const place = <usize> n << 1;
    const part0 = ownPart(b, place), part1 = ownPart(b, place + 16), part2 = ownPart(b, place + 32);
    const inside = n + BYTE_PANEL > b.count ? (1 << (b.count - n)) - 1 : -1;
    for (let m = 0; m < a.count; m += 3) {
      tileOf(a, m, b, n);
      referenceTiles++;
      const least0 = v128.load16_splat(wanted + (<usize> m << 1));
      const least1 = v128.load16_splat(wanted + (<usize> m << 1), 2);
      const least2 = v128.load16_splat(wanted + (<usize> m << 1), 4);
      const any0 = anyReaching(TILE, part0, part1, part2, least0);
      const any1 = anyReaching(TILE + 48, part0, part1, part2, least1);
      const any2 = anyReaching(TILE + 96, part0, part1, part2, least2);
      if (!v128.any_true(v128.or(any0, v128.or(any1, any2)))) continue;
      for (let each = m; each < min(m + 3, a.count); each++) {
        const row = TILE + <usize> (each - m) * SLICE_BYTES;
        const least = v128.load16_splat(wanted + (<usize> each << 1));
        let open = i16x8.bitmask(reaching(row, part0, least)) | i16x8.bitmask(reaching(row + 16, part1, least)) << 8 |
          i16x8.bitmask(reaching(row + 32, part2, least)) << 16;
        for (open &= inside; open; open &= open - 1) {
          measureReference(a, each, b, n + ctz(open), channels, quantisation, nearest, wanted, places);
        }
      }
    }
  }
}

/** Measures a's patch m and b's patch n; where that is nearer, keeps it. */
// @ts-ignore: decorator
@inline
function measureReference(
  a: ByteSide,
  m: i32,
  b: ByteSide,
  n: i32,
  channels: i32,
  quantisation: ByteQuantisation,
  nearest: usize,
  wanted: usize,
  places: usize,
): void {
  const place = <usize> m << 2;
  const before = load<f32>(nearest + place);
  const bytes = <usize> channels << 2;
  const squared = squaredDistance(a.patches + <usize> m * bytes, b.patches + <usize> n * bytes, channels, before);
  referenceDistances++;
  if (squared >= before) return;
  store<f32>(nearest + place, squared);
  store<i32>(places + place, b.first + n);
  const proves = byteThreshold(squared, channels, quantisation);
  const own = <i32> load<i16>(a.norms + (place >> 1)) - <i32> load<i16>(a.adjustments + (place >> 1));
  // The lowest value lets everything pass, and stays as it is. Nothing is nearer than 0: the highest lets nothing pass.
  const least = proves == LOWEST ? LOWEST : max(LOWEST, proves + own);
  store<i16>(wanted + (place >> 1), <i16> (squared > 0 ? least : HIGHEST));
}
