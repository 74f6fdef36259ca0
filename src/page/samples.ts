// The sample photos that the page offers: a few of demo/.

/** Folders of the photos: their kinds of defects. */
export const SAMPLE_KINDS = [
  "iron_sheet_ash",
  "oxide_scale_of_plate_system",
  "oxide_scale_of_temperature_system",
  "surface_scratch",
] as const;

/** How many photos there are of each kind. */
export const SAMPLES_EACH = 6;

/** How many photos there are. */
export const SAMPLE_COUNT: number = SAMPLE_KINDS.length * SAMPLES_EACH;

/** Names of the files beside the page: the photos, and where they are from with their licence. */
export const SAMPLE_FILES = { zip: "samples.zip", notice: "samples.txt" } as const;

/** The content of these files. */
export interface Samples {
  readonly zip: Uint8Array<ArrayBuffer>;
  readonly notice: string;
}

let files: Promise<Samples> | undefined;

/** Returns the photos and their licence. They are unpacked once. */
export function sampleFiles(): Promise<Samples> {
  return files ??= unpacked();
}

async function unpacked(): Promise<Samples> {
  const { zip, notice } = await import("./generated/samples.ts");
  return { zip: Uint8Array.from(atob(zip), (letter) => letter.charCodeAt(0)), notice };
}
