// Damages files as chance and attackers do. Equal random numbers give equal damage.

import { crc32 } from "node:zlib";

/** Returns a random whole number from 0 to below `below`. */
export type Draw = (below: number) => number;

const EDGES = [0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const BYTES = [0, 1, 127, 128, 254, 255];

type Damage = (bytes: Uint8Array, draw: Draw, other: Uint8Array) => Uint8Array;

const DAMAGES: readonly Damage[] = [
  function flipBit(bytes, draw) {
    const copy = bytes.slice();
    copy[draw(bytes.length)] ^= 1 << draw(8);
    return copy;
  },
  function setByte(bytes, draw) {
    const copy = bytes.slice();
    copy[draw(bytes.length)] = BYTES[draw(BYTES.length)];
    return copy;
  },
  function truncate(bytes, draw) {
    return bytes.slice(0, draw(bytes.length));
  },
  function editNumber(bytes, draw) {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    const [wide, little] = [draw(2) === 1, draw(2) === 1];
    if (copy.length < 8) return copy;
    // Lengths and offsets are mostly in headers.
    const at = draw(draw(2) ? Math.min(64, copy.length - 4) : copy.length - 4);
    const before = wide ? view.getUint32(at, little) : view.getUint16(at, little);
    const value = draw(2) ? EDGES[draw(EDGES.length)] : before + draw(33) - 16;
    if (wide) view.setUint32(at, value, little);
    else view.setUint16(at, value, little);
    return copy;
  },
  function splice(bytes, draw, other) {
    return joined(bytes.subarray(0, draw(bytes.length)), other.subarray(draw(other.length)));
  },
  function repeatPart(bytes, draw) {
    const from = draw(bytes.length);
    const end = Math.min(bytes.length, from + 1 + draw(64));
    return joined(bytes.subarray(0, end), bytes.subarray(from));
  },
  function leaveOut(bytes, draw) {
    const from = draw(bytes.length);
    return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + draw(64)));
  },
  function fillPart(bytes, draw) {
    const from = draw(bytes.length);
    return bytes.slice().fill(BYTES[draw(BYTES.length)], from, from + 1 + draw(64));
  },
  function swapMagic(bytes, draw, other) {
    const copy = bytes.slice();
    copy.set(other.subarray(0, Math.min(copy.length, 2 + draw(15))));
    return copy;
  },
];

/** Applies one to four damages. `other` is a file to take parts from. */
export function mutate(bytes: Uint8Array, draw: Draw, other: Uint8Array): Uint8Array<ArrayBuffer> {
  let damaged = bytes.slice();
  for (let count = draw(4); count >= 0; count--) {
    if (damaged.length) damaged = DAMAGES[draw(DAMAGES.length)](damaged, draw, other) as typeof damaged;
  }
  return draw(2) ? withChecksums(damaged) : damaged;
}

const JUNK = [null, -1, 0, 0.5, 1e15, 1e308, "", "x", "../../x", true, [], {}, [[]], [null], "__proto__"];

/** Returns JSON in which one to three values are changed, missing or repeated. */
export function mutateJson(text: string, draw: Draw): string {
  const whole = JSON.parse(text);
  for (let count = draw(3); count >= 0; count--) {
    let place = whole;
    for (let depth = draw(6);; depth--) {
      const keys = place && typeof place === "object" ? Object.keys(place) : [];
      if (!keys.length) break;
      const key = keys[draw(keys.length)];
      const value = place[key];
      if (depth > 0 && value && typeof value === "object" && Object.keys(value).length) {
        place = value;
        continue;
      }
      const kind = draw(4);
      if (kind === 0) delete place[key];
      else if (kind === 1 && Array.isArray(place)) place.push(value);
      else if (typeof value === "number" && kind === 2) place[key] = value + draw(5) - 2;
      else place[key] = structuredClone(JUNK[draw(JUNK.length)]);
      break;
    }
  }
  return JSON.stringify(whole);
}

/**
 * Recomputes the checksums of a PNG's chunks, so that the damage is not found by them alone. Other files stay as they
 * are.
 */
function withChecksums(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes[0] !== 0x89 || bytes[1] !== 0x50) return bytes;
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
