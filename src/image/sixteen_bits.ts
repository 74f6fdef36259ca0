/** 0 … 65535 → 0 … 255, rounded: not cut, which would darken by half a level. */
export function toEightBits(values: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.round(values[at] / 257);
  return bytes;
}
