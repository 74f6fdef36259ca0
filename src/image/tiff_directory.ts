// The directories of a TIFF structure (TIFF 6.0, section 2), which EXIF data is too.

/** Numbers of one directory's fields by tag; text and fractions are left out. */
export type TiffDirectory = ReadonlyMap<number, readonly number[]>;

/** Bytes of a value by type: BYTE, SHORT, LONG, UNDEFINED; the others hold nothing that is used. */
const SIZES: Record<number, 1 | 2 | 4> = { 1: 1, 3: 2, 4: 4, 7: 1 };

/** Yields the directories in turn; ends, without an error, where the structure is broken. */
export function* tiffDirectories(bytes: Uint8Array): Generator<TiffDirectory> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = isLittleEndian(bytes);
  const seen = new Set<number>();
  let at = bytes.length < 8 ? 0 : view.getUint32(4, little);
  while (at && at + 2 <= bytes.length && !seen.has(at)) {
    seen.add(at);
    const end = at + 2 + view.getUint16(at, little) * 12;
    if (end > bytes.length) return;
    yield directory(view, at + 2, end, little);
    at = end + 4 <= bytes.length ? view.getUint32(end, little) : 0;
  }
}

/** Whether numbers are stored the lowest byte first. */
export function isLittleEndian(bytes: Uint8Array): boolean {
  return bytes[0] === 0x49;
}

function directory(view: DataView, from: number, end: number, little: boolean): TiffDirectory {
  const fields = new Map<number, number[]>();
  for (let at = from; at < end; at += 12) {
    const size = SIZES[view.getUint16(at + 2, little)];
    const count = view.getUint32(at + 4, little);
    const start = size * count <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (!size || start + size * count > view.byteLength) continue;
    const read = size === 1 ? view.getUint8 : size === 2 ? view.getUint16 : view.getUint32;
    const values = Array.from({ length: count }, (_, index) => read.call(view, start + index * size, little));
    fields.set(view.getUint16(at, little), values);
  }
  return fields;
}
