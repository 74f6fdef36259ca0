import { tiffDirectories } from "./tiff_directory.ts";

/** The orientation in EXIF data, 1 … 8; 1 (upright) when there is none or it makes no sense. */
export function orientationOf(exif: Uint8Array | undefined): number {
  const [first] = exif ? tiffDirectories(exif) : [];
  const orientation = first?.get(0x0112)?.[0] ?? 1;
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}
