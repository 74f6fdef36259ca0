// The orientation in EXIF data, which is a TIFF structure.

const ORIENTATION = 0x0112;

/** EXIF's orientation, 1 … 8, from the first directory; 1 (upright) when there is none or it makes no sense. */
export function orientationOf(exif: Uint8Array | undefined): number {
  if (!exif || exif.length < 14) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const littleEndian = exif[0] === 0x49;
  const directory = view.getUint32(4, littleEndian);
  if (directory + 2 > exif.length) return 1;
  const entries = view.getUint16(directory, littleEndian);
  for (let entry = 0, at = directory + 2; entry < entries && at + 12 <= exif.length; entry++, at += 12) {
    if (view.getUint16(at, littleEndian) !== ORIENTATION) continue;
    const orientation = view.getUint16(at + 8, littleEndian);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}
