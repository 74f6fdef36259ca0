// Reads the directories of a TIFF structure (TIFF 6.0, section 2; BigTIFF). EXIF data have this structure too.

/**
 * A directory. Its fields are read only on request, because they may share bytes: all of them together could be larger
 * than the file.
 */
export interface TiffDirectory {
  /** Position of the next directory; 0 if there is none. */
  readonly next: number;
  has(tag: number): boolean;
  /** The first `most` numbers of a field; `undefined` for text. @default most 2^18, more than a palette has */
  get(tag: number, most?: number): readonly number[] | undefined;
  /** The first `most` characters of a field of text. @default most 4096 */
  text(tag: number, most?: number): string;
}

/** How numbers are stored. BigTIFF has counts and pointers of eight bytes instead of four. */
interface Structure {
  readonly view: DataView;
  readonly little: boolean;
  readonly big: boolean;
}

/** For each type, the bytes of a value and how it is read. Other types are not used. */
const TYPES: Record<number, [size: number, read: (view: DataView, at: number, little: boolean) => number]> = {
  1: [1, (view, at) => view.getUint8(at)],
  2: [1, (view, at) => view.getUint8(at)], // Text.
  3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)],
  5: [8, (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little)], // RATIONAL.
  6: [1, (view, at) => view.getInt8(at)],
  7: [1, (view, at) => view.getUint8(at)],
  8: [2, (view, at, little) => view.getInt16(at, little)],
  9: [4, (view, at, little) => view.getInt32(at, little)],
  13: [4, (view, at, little) => view.getUint32(at, little)], // IFD, a pointer to a directory.
  16: [8, (view, at, little) => Number(view.getBigUint64(at, little))], // LONG8 and, for pointers, IFD8.
  18: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};
const TEXT = 2;

/** Yields the directories one after another. Ends, without an error, where the structure is broken. */
export function* tiffDirectories(bytes: Uint8Array): Generator<TiffDirectory> {
  if (bytes.length < 16) return;
  const structure = structureOf(bytes);
  // Directories do not overlap. If together they are longer than the file, they lead round in circles.
  let left = bytes.length;
  for (let at = pointerAt(structure, structure.big ? 8 : 4); at;) {
    const [from, end] = boundsOf(structure, at);
    left -= end - at;
    if (end > bytes.length || left < 0) return;
    const found = directory(structure, from, end);
    yield found;
    at = found.next;
  }
}

/** The directory at a position that another directory points to; `undefined` if there is none. */
export function tiffDirectoryAt(bytes: Uint8Array, at: number): TiffDirectory | undefined {
  const structure = structureOf(bytes);
  const [from, end] = boundsOf(structure, at);
  return end <= bytes.length ? directory(structure, from, end) : undefined;
}

/** Whether numbers are stored with the lowest byte first. */
export function isLittleEndian(bytes: Uint8Array): boolean {
  return bytes[0] === 0x49;
}

function structureOf(bytes: Uint8Array): Structure {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = isLittleEndian(bytes);
  return { view, little, big: bytes.length >= 16 && view.getUint16(2, little) === 43 };
}

function pointerAt({ view, little, big }: Structure, at: number): number {
  return big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
}

/** Where a directory's fields begin and end. If they do not fit, the end lies beyond the file. */
function boundsOf({ view, little, big }: Structure, at: number): [from: number, end: number] {
  const from = at + (big ? 8 : 2);
  if (!(from <= view.byteLength)) return [from, Infinity];
  const fields = big ? Number(view.getBigUint64(at, little)) : view.getUint16(at, little);
  return [from, from + fields * (big ? 20 : 12)];
}

function directory(structure: Structure, from: number, end: number): TiffDirectory {
  const { view, little, big } = structure;
  const fieldOf = (tag: number) => {
    for (let at = from; at < end; at += big ? 20 : 12) if (view.getUint16(at, little) === tag) return at;
    return -1;
  };
  const numbers = (tag: number, most: number, text: boolean) => {
    const at = fieldOf(tag);
    const type = at < 0 ? 0 : view.getUint16(at + 2, little);
    if (!(type in TYPES) || (type === TEXT) !== text) return undefined;
    const [size, read] = TYPES[type];
    const count = big ? Number(view.getBigUint64(at + 4, little)) : view.getUint32(at + 4, little);
    const value = at + (big ? 12 : 8);
    const start = size * count <= (big ? 8 : 4) ? value : pointerAt(structure, value);
    if (start + size * count > view.byteLength) return undefined;
    return Array.from({ length: Math.min(count, most) }, (_, index) => read(view, start + index * size, little));
  };
  return {
    next: end + (big ? 8 : 4) <= view.byteLength ? pointerAt(structure, end) : 0,
    has: (tag) => fieldOf(tag) >= 0,
    get: (tag, most = 2 ** 18) => numbers(tag, most, false),
    text: (tag, most = 4096) => String.fromCharCode(...numbers(tag, most, true) ?? []),
  };
}
