// Numbers of 16 bits, which JavaScript has no arrays of in all runtimes.

/** Converts a number of 16 bits: a sign, five bits of exponent, ten of fraction (IEEE 754 binary16). */
export function halfToNumber(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, bits >> 10 & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}
