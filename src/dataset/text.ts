// Decodes text files in the encodings that editors and Excel write.

/** A text, and the name of its encoding if that was guessed. */
export interface DecodedText {
  readonly text: string;
  readonly guess?: string;
}

/** Reads UTF-8 and UTF-16, with or without a byte order mark. Anything else is taken for Windows-1252. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const order = utf16Order(bytes);
  if (order) return { text: new TextDecoder("utf-16le").decode(order === "little" ? bytes : swapped(bytes)) };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { text: new TextDecoder("windows-1252").decode(bytes), guess: "Windows-1252" };
  }
}

/**
 * The byte order of UTF-16, by its mark. Without a mark it is found by the zeros: in UTF-16, every second byte of Latin
 * letters is 0. `undefined` for other encodings.
 */
function utf16Order(bytes: Uint8Array): "little" | "big" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "little";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "big";
  const zeros = [0, 0];
  bytes.subarray(0, 1000).forEach((byte, at) => zeros[at % 2] += byte === 0 ? 1 : 0);
  if (zeros[0] === zeros[1]) return undefined;
  return zeros[1] > zeros[0] ? "little" : "big";
}

function swapped(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, at) => bytes[at ^ 1] ?? 0);
}
