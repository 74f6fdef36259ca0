// What host and core both have to know: structures in memory, and the sizes that they are laid out by.
// `deno task build` asks the compiler for the offset of each field and the value of each constant, and writes them into
// src/core/generated/structures.ts for the host. README.md defines the terms.

/** Patches in a panel of 16-bit integers, and of 8-bit integers whose products are added in 32 bits. */
export const PANEL: i32 = 12;
/** Patches in a panel of 8-bit integers whose products are added in 16 bits. */
export const BYTE_PANEL: i32 = 24;
/** Bytes of one step of a panel: two or four channels of all its patches. */
export const SLICE_BYTES: usize = 48;
/** Rows of a tile. */
export const TILE_ROWS: i32 = 3;
/** Bytes of a tile whose A are kept in full. */
export const TILE_BYTES: usize = 144;
/** Bits of a key that tell where it was found. */
export const KEY_BITS: i32 = 8;
/** Numbers of a cluster's short vector in `centroidChain`. */
export const CENTROID_NUMBERS: i32 = 32;
/** Clusters whose short vectors lie side by side there. */
export const CENTROID_PANEL: i32 = 4;
/** Bytes of the columns that `nearestNeighbourChain` writes at once: a cache line. */
export const COLUMN_BLOCK: usize = 64;

/** The patches of one image, as floats and as integers. An address is 0 where a search does not need what it is of. */
@unmanaged
export class QuantisedImage {
  /** Bounds of the patches' errors, in steps: of the integers in panels, and of the fine integers in their own steps. */
  error: f64;
  fineError: f64;
  /** Floats: of each patch its own channels, and of each quartet the shared channels. */
  patches: usize;
  sharedPatches: usize;
  /** Panels for use as rows, and their half norms. */
  rows: usize;
  rowHalves: usize;
  /** Panels for use as columns, and their half norms. Of 16-bit integers these are the same as the rows'. */
  columns: usize;
  columnHalves: usize;
  /** Panels of the quartets' shared channels, always 16-bit integers. */
  shared: usize;
  /** Only beside 8-bit integers: fine integers, patch by patch, and the half norms of these. */
  fine: usize;
  fineHalves: usize;
}

/** What all pairs of a set have in common. */
@unmanaged
export class PairSearch {
  /** Steps in one unit of the patches. */
  scale: f64;
  /** The largest distance, in steps, for which thresholds are made; beyond it nothing is excluded. */
  reach: f64;
  /** What rounding in float32 adds to the errors, in steps. */
  rounding: f64;
  /** Patches of an image, and channels of a patch. */
  patches: i32;
  channels: i32;
  /** Channels whose floats each patch has to itself: all, or a multiple of 16. */
  ownChannels: i32;
  /** Steps of a panel, and of a panel of shared channels; 0 where none are shared. */
  slices: i32;
  sharedSlices: i32;
  /** Fine integers and those of shared channels have 2 to this power times as many steps in a unit. */
  finerBits: i32;
  /** Whether panels hold 8-bit integers: 1, or 0 for 16 bits. */
  isBytes: i32;
  /** Rows of a strip, a multiple of 12. */
  strip: i32;
  /** A row's key tells the panel's number without its last bits: this many. */
  panelShift: i32;
  /** 48 bytes of zeros. */
  zeros: usize;
  /** Room for the quartets' products: three rows more than there are quartets, each row padded to whole panels. */
  products: usize;
  /** The same products in the panels' steps. */
  coarseProducts: usize;
  /**
   * The table: for each row of a strip a line of cells, a multiple of 48 bytes. The host fills it with the lowest value, and
   * cells behind the last column keep that.
   */
  table: usize;
  /** Room for keys: 16 bytes for each row of a strip, 4 for each column. */
  rowKeys: usize;
  columnKeys: usize;
  /** Room for thresholds, each as large as a cell. */
  rowThresholds: usize;
  columnThresholds: usize;
  /** Room for thresholds of fine integers, 32 bits each; 0 without 8-bit integers. */
  fineRowThresholds: usize;
  fineColumnThresholds: usize;
}

/** What is found of a pair of images: for each patch its minimum, squared, and the number of the nearest patch. */
@unmanaged
export class PairMinima {
  /** Of the left image's patches: f32, i32. */
  squared: usize;
  places: usize;
  /** Of the right image's patches. */
  otherSquared: usize;
  otherPlaces: usize;
}

/** How patches become 8-bit integers whose products are added in 32 bits (quads.ts). */
@unmanaged
export class QuadQuantisation {
  /** Steps in one unit of the patches. */
  scale: f64;
  /** Usual error, in steps: the A of patches with a larger one are raised. Where it is infinite, none are raised. */
  error: f64;
  /** The largest distance, in steps, for which thresholds are made. */
  reach: f64;
  /** More than twice any squared norm: A lies within ± twice this. */
  most: f64;
  /** Fine integers and those of shared channels have 2 to this power times as many steps in a unit. */
  finerBits: f64;
}

/** How patches become 8-bit integers whose products are added in 16 bits (bytes.ts). */
@unmanaged
export class ByteQuantisation {
  /** Steps of columns in one unit of the patches; rows have twice as many. */
  scale: f64;
  /** Bits that sums lose. */
  shift: f64;
  /** Pairs of channels in a group, a multiple of 4. */
  groupPairs: f64;
  /** Usual errors of rows and of columns, in steps of columns. */
  rowError: f64;
  columnError: f64;
  /** The largest distance, in steps of columns, for which thresholds are made. */
  reach: f64;
}

/** Patches as rows or as columns of 8-bit integers whose products are added in 16 bits. */
@unmanaged
export class ByteSide {
  /** Floats, `count` × channels. */
  patches: usize;
  /** Rows by threes, or panels of 24 columns. */
  packed: usize;
  /** What a row's sums begin with; 0 for columns. */
  starts: usize;
  /** For each patch 16 bits: its squared norm, shifted, and by how much its A are raised. */
  norms: usize;
  adjustments: usize;
  count: i32;
  /** The number of the first patch among all of its set. */
  first: i32;
}

/** What all searches for the nearest references by `nearerByQuads` have in common. */
@unmanaged
export class ReferenceSearch {
  /** Steps in one unit of the patches. */
  scale: f64;
  /** The largest distance, in steps, for which thresholds are made. */
  reach: f64;
  /** What rounding in float32 adds to the errors, in steps. */
  rounding: f64;
  /** Channels of the patches whose distances are measured. */
  channels: i32;
  /** Steps of a panel. */
  slices: i32;
}

/** Patches that `nearerByQuads` compares. */
@unmanaged
export class SearchedPatches {
  /** Floats. */
  patches: usize;
  /** The `QuantisedImage` with their panels, or with those of their short vectors. */
  image: usize;
  count: i32;
  /** The number of the first patch among all of its set. */
  first: i32;
}

/** The nearest references found so far by `nearerByQuads`, for each patch. */
@unmanaged
export class NearestReferences {
  /** Squared distances, f32. */
  squared: usize;
  /** The references' numbers, i32. */
  places: usize;
  /** Thresholds, i32: a reference whose A is above may be nearer. Room for whole threes of rows. */
  thresholds: usize;
}

/** Bytes of a line of the quartets' products: a number (i32) for each quartet of the right image, padded to whole panels. */
// @ts-ignore: decorator
@inline
export function productBytesOf(patches: i32): usize {
  return <usize> ((patches / 4 + PANEL - 1) / PANEL) * SLICE_BYTES;
}
