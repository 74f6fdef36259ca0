/** 0 … 65535 → 0 … 255, rounded: not cut, which would darken by half a level. */
export function toEightBits(values: Uint16Array): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(value / 257));
}
