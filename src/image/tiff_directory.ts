// The directories of a TIFF structure (TIFF 6.0, section 2), which EXIF data is too.

/** One directory, read where it is asked: fields may share their bytes, so that all of them take more than the file. */
export interface TiffDirectory {
  has(tag: number): boolean;
  /** The first `most` numbers of a field; none for text and fractions. @default most 2^18, more than a palette has */
  get(tag: number, most?: number): readonly number[] | undefined;
}

/** Bytes of a value by type: BYTE, SHORT, LONG, UNDEFINED; the others hold nothing that is used. */
const SIZES: Record<number, 1 | 2 | 4> = { 1: 1, 3: 2, 4: 4, 7: 1 };

/** Yields the directories in turn; ends, without an error, where the structure is broken. */
export function* tiffDirectories(bytes: Uint8Array): Generator<TiffDirectory> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = isLittleEndian(bytes);
  let at = bytes.length < 8 ? 0 : view.getUint32(4, little);
  // Directories do not overlap: those that are longer than the file, all together, go round in circles.
  for (let left = bytes.length; at && at + 2 <= bytes.length;) {
    const end = at + 2 + view.getUint16(at, little) * 12;
    left -= end - at;
    if (end > bytes.length || left < 0) return;
    yield directory(view, at + 2, end, little);
    at = end + 4 <= bytes.length ? view.getUint32(end, little) : 0;
  }
}

/** Whether numbers are stored the lowest byte first. */
export function isLittleEndian(bytes: Uint8Array): boolean {
  return bytes[0] === 0x49;
}

function directory(view: DataView, from: number, end: number, little: boolean): TiffDirectory {
  const fieldOf = (tag: number) => {
    for (let at = from; at < end; at += 12) if (view.getUint16(at, little) === tag) return at;
    return -1;
  };
  return {
    has: (tag) => fieldOf(tag) >= 0,
    get(tag, most = 2 ** 18) {
      const at = fieldOf(tag);
      const size = at < 0 ? undefined : SIZES[view.getUint16(at + 2, little)];
      if (!size) return undefined;
      const count = view.getUint32(at + 4, little);
      const start = size * count <= 4 ? at + 8 : view.getUint32(at + 8, little);
      if (start + size * count > view.byteLength) return undefined;
      const read = size === 1 ? view.getUint8 : size === 2 ? view.getUint16 : view.getUint32;
      return Array.from(
        { length: Math.min(count, most) },
        (_, index) => read.call(view, start + index * size, little),
      );
    },
  };
}
