import { tiffDirectories, type TiffDirectory } from "./tiff_directory.ts";

/** The orientation in EXIF data, 1 … 8; 1 (upright) if there is none or it makes no sense. */
export function orientationOf(exif: Uint8Array | undefined): number {
  const [first] = exif ? tiffDirectories(exif) : [];
  return uprightOf(first);
}

/** The orientation in a TIFF directory, 1 … 8; 1 (upright) if there is none or it makes no sense. */
export function uprightOf(directory: TiffDirectory | undefined): number {
  const orientation = directory?.get(0x0112, 1)?.[0] ?? 1;
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}
