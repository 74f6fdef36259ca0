// The tasks that search references: for each patch of a block of images, they find the nearest of all patches of the
// references.

import {
  BYTE_PANEL,
  ByteQuantisation,
  ByteSide,
  NearestReferences,
  PANEL,
  QuadQuantisation,
  QuantisedImage,
  ReferenceSearch,
  SearchedPatches,
  SLICE_BYTES,
  TILE_ROWS,
} from "../generated/structures.ts";
import type { CoreMemory } from "./core_memory.ts";
import { productRounding } from "./pair_search.ts";
import type { Patches, ReferenceWork, RunTask } from "./work.ts";

/** How many bytes of the references are searched at a time, so that they stay in a core's cache. */
const CHUNK_BYTES = 2 ** 18;

/** Patches in the core's memory, as the rows or the columns of a search. */
interface Side {
  /** Address of the patches' floats. */
  readonly floats: number;
  /** Address of the structure that the search reads. */
  readonly address: number;
  /**
   * Quantises `size` patches whose short vectors are at address `short`. `first` is the first patch's number in its
   * whole set.
   */
  quantise(first: number, size: number, short: number): void;
}

/** Finds the nearest references, by one kind of integers. */
interface Search {
  /** Reserves room for `size` patches: as rows (patches of an image) or as columns (patches of references). */
  side(asRows: boolean, size: number): Side;
  /** Forgets what was found for the first `size` images of a block. */
  start(size: number): void;
  /** Looks for nearer references for the patches of a block's image i. */
  run(i: number, rows: Side, columns: Side): void;
}

/**
 * Addresses where a search writes what it found for each patch of a block: squared distances (f32) and numbers (i32).
 */
interface Found {
  readonly squared: number;
  readonly places: number;
}

/** Reserves the memory that the tasks need. Returns a function that does one task. */
export function referenceTasks(memory: CoreMemory, work: ReferenceWork): RunTask {
  const { images, references, shortImages, shortReferences, block, nearest, places, quads } = work;
  const { patches, count, channels } = images;
  const short = shortImages.channels;
  // It does not matter which image a reference's patch belongs to. So patches are searched in chunks that fill whole
  // panels.
  const total = references.count * references.patches;
  const chunk = BYTE_PANEL * Math.ceil(Math.min(total, Math.max(1, CHUNK_BYTES / (channels * 4))) / BYTE_PANEL);
  const shortened = memory.reserve(Math.max(patches, chunk) * short * 4);
  const found = { squared: memory.reserve(block * patches * 4), places: memory.reserve(block * patches * 4) };
  const search = quads ? searchBySums32(memory, work, quads, found) : searchBySums16(memory, work, found);
  const rows = Array.from({ length: block }, () => search.side(true, patches));
  const columns = search.side(false, chunk);

  /** Fills a side with `size` patches of a set, from number `first` on. */
  function fill({ floats, quantise }: Side, set: Patches, shortSet: Patches, first: number, size: number): void {
    const part = ({ data, channels }: Patches) => data.subarray(first * channels, (first + size) * channels);
    memory.floats(floats, size * channels).set(part(set));
    if (shortSet === set) return quantise(first, size, floats);
    memory.floats(shortened, size * short).set(part(shortSet));
    quantise(first, size, shortened);
  }

  return ({ a }) => {
    const from = a * block;
    const size = Math.min(count, from + block) - from;
    for (let i = 0; i < size; i++) fill(rows[i], images, shortImages, (from + i) * patches, patches);
    memory.floats(found.squared, size * patches).fill(Infinity);
    search.start(size);
    for (let first = 0; first < total; first += chunk) {
      fill(columns, references, shortReferences, first, Math.min(chunk, total - first));
      for (let i = 0; i < size; i++) search.run(i, rows[i], columns);
    }
    const squared = memory.floats(found.squared, size * patches);
    for (let at = 0; at < squared.length; at++) nearest[from * patches + at] = Math.sqrt(squared[at]);
    places.set(memory.integers(found.places, size * patches), from * patches);
    return size * references.count;
  };
}

/** Searches by 8-bit integers whose products are added in 16 bits (core-as/bytes.ts). */
function searchBySums16(
  memory: CoreMemory,
  { images: { patches, channels }, shortImages, block, quantisation: { centre: origin, ...settings } }: ReferenceWork,
  found: Found,
): Search {
  const short = shortImages.channels;
  const pairs = Math.ceil(short / 2);
  const centre = memory.copyIn(origin);
  const quantisation = memory.structure(ByteQuantisation, settings);
  const integers = memory.reserve(short + 32);
  // Rows are read three at a time.
  const wanted = memory.reserve((block * patches + TILE_ROWS - 1) * 2);
  return {
    side(asRows, size) {
      const together = asRows ? TILE_ROWS : BYTE_PANEL;
      const room = Math.ceil(size / together) * together;
      const floats = memory.reserve(size * channels * 4);
      const address = memory.structure(ByteSide, {
        patches: floats,
        packed: memory.reserve(room * pairs * 2),
        starts: asRows ? memory.reserve(room * Math.ceil(pairs / settings.groupPairs) * 2) : 0,
        norms: memory.reserve(room * 2),
        adjustments: memory.reserve(room * 2),
        count: 0,
        first: 0,
      });
      const quantise = (first: number, size: number, shortAt: number) => {
        memory.update(ByteSide, address, { count: size, first });
        memory.core.quantiseBytes(shortAt, short, centre, quantisation, address, integers);
      };
      return { floats, address, quantise };
    },
    start: (size) => memory.shortIntegers(wanted, size * patches).fill(-(2 ** 15)),
    run(i, rows, columns) {
      const at = i * patches;
      const into = [found.squared + at * 4, wanted + at * 2, found.places + at * 4] as const;
      memory.core.nearerReferences(rows.address, columns.address, channels, short, quantisation, ...into);
    },
  };
}

/** Searches by 8-bit integers whose products are added in 32 bits (core-as/quads.ts). */
function searchBySums32(
  memory: CoreMemory,
  { images: { patches, channels }, shortImages, block }: ReferenceWork,
  { centre: origin, ...settings }: NonNullable<ReferenceWork["quads"]>,
  found: Found,
): Search {
  const short = shortImages.channels;
  const slices = Math.ceil(short / 4);
  const centre = memory.copyIn(origin);
  const quantisation = memory.structure(QuadQuantisation, settings);
  const search = memory.structure(ReferenceSearch, {
    scale: settings.scale,
    reach: settings.reach,
    rounding: productRounding(channels),
    channels,
    slices,
  });
  const room = memory.reserve(short * 8 + 96);
  // Rows are read three at a time.
  const thresholds = memory.reserve((block * patches + TILE_ROWS - 1) * 4);
  const nearest = Array.from({ length: block }, (_, i) => {
    const at = i * patches * 4;
    return memory.structure(NearestReferences, {
      squared: found.squared + at,
      places: found.places + at,
      thresholds: thresholds + at,
    });
  });
  return {
    side(asRows, size) {
      const panels = Math.ceil(size / PANEL);
      const floats = memory.reserve(size * channels * 4);
      const [packed, halves] = [memory.reserve(panels * slices * SLICE_BYTES), memory.reserve(panels * PANEL * 4)];
      const image = memory.structure(QuantisedImage, {
        error: 0,
        fineError: 0,
        patches: 0,
        sharedPatches: 0,
        rows: asRows ? packed : 0,
        rowHalves: asRows ? halves : 0,
        columns: asRows ? 0 : packed,
        columnHalves: asRows ? 0 : halves,
        shared: 0,
        fine: 0,
        fineHalves: 0,
      });
      const address = memory.structure(SearchedPatches, { patches: floats, image, count: 0, first: 0 });
      const quantise = (first: number, size: number, shortAt: number) => {
        memory.update(SearchedPatches, address, { count: size, first });
        memory.core.quantiseQuads(image, shortAt, size, short, short, centre, quantisation, 0, 0, room);
      };
      return { floats, address, quantise };
    },
    start: (size) => memory.integers(thresholds, size * patches).fill(-(2 ** 31)),
    run: (i, rows, columns) => memory.core.nearerByQuads(search, rows.address, columns.address, nearest[i]),
  };
}
