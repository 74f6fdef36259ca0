import type { Embeddings } from "../types.ts";

/** Mean of all patches, or of other vectors: `[channels]`. */
export function centreOf(
  { data, channels }: { readonly data: Float32Array | Float64Array; readonly channels: number },
): Float64Array {
  const sum = new Float64Array(channels);
  for (let at = 0; at < data.length; at++) sum[at % channels] += data[at];
  return sum.map((value) => value * channels / data.length);
}

/**
 * Changes the lengths of embeddings, measured from `centre`: `"root"` makes each length its square root, `"unit"` makes
 * it one. `"kept"` returns the embeddings unchanged, without subtracting `centre`. A vector of length zero stays zero.
 */
export function scaledLengths(
  embeddings: Embeddings,
  length: "kept" | "root" | "unit" = "kept",
  centre?: Float64Array,
): Embeddings {
  if (length === "kept") return embeddings;
  const { count, channels } = embeddings;
  const data = Float64Array.from(embeddings.data);
  for (let i = 0; i < count; i++) {
    const own = data.subarray(i * channels, (i + 1) * channels);
    let squared = 0;
    for (let channel = 0; channel < channels; channel++) {
      if (centre) own[channel] -= centre[channel];
      squared += own[channel] * own[channel];
    }
    const norm = Math.sqrt(squared);
    if (norm === 0) continue;
    const divisor = length === "unit" ? norm : Math.sqrt(norm);
    for (let channel = 0; channel < channels; channel++) own[channel] /= divisor;
  }
  return { data: Float32Array.from(data), count, channels };
}
