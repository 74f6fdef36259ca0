// Packs distances for the report's page: each image's nearest images exactly, all pairs rounded.

import { toBase64 } from "../runtime/portable.ts";
import type { DistanceMatrix } from "../types.ts";
import type { Neighbour } from "./map.ts";

/** With at least this many images a distance takes one byte instead of two. */
const ONE_BYTE_FROM = 2_000;

/**
 * With more images than this a report leaves out everything that needs the distances of all pairs. They would be most
 * of the file.
 */
export const DISTANCES_UP_TO = 6_000;

/** The upper triangle of a distance matrix, row by row. Each distance is a share of the largest one, in whole steps. */
export interface PackedDistances {
  /** 16 or 8: steps of 1/65,535 or 1/255 of the largest distance. */
  readonly bits: 8 | 16;
  readonly largest: number;
  /** Base64; 16-bit numbers have the low byte first. */
  readonly data: string;
}

/** Rounds and packs distances. Returns `undefined` when there are more images than a page should carry distances of. */
export function packDistances({ data, count }: DistanceMatrix): PackedDistances | undefined {
  if (count > DISTANCES_UP_TO) return undefined;
  const bits = count < ONE_BYTE_FROM ? 16 : 8;
  const steps = 2 ** bits - 1;
  let largest = 0;
  for (const distance of data) largest = Math.max(largest, distance);
  const packed = bits === 16 ? new Uint16Array(count * (count - 1) / 2) : new Uint8Array(count * (count - 1) / 2);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      packed[at++] = largest > 0 ? Math.round(data[i * count + j] / largest * steps) : 0;
    }
  }
  return { bits, largest, data: toBase64(new Uint8Array(packed.buffer)) };
}

/** Returns the `most` nearest images of each image, the nearest first. Equally near ones come in index order. */
export function nearestImages({ data, count }: DistanceMatrix, most = 16): Neighbour[][] {
  return Array.from({ length: count }, (_, i) => {
    const nearest: Neighbour[] = [];
    for (let image = 0; image < count; image++) {
      const distance = data[i * count + image];
      if (image === i || nearest.length === most && distance >= nearest[most - 1].distance) continue;
      let place = nearest.length;
      while (place > 0 && nearest[place - 1].distance > distance) place--;
      nearest.splice(place, 0, { image, distance });
      if (nearest.length > most) nearest.pop();
    }
    return nearest;
  });
}
