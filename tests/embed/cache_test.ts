// The cache of embedded images: what it finds again, what it refuses, and that it never returns anything wrong.

import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { makerOf } from "../../src/cli/images/image_cache.ts";
import { prepareImages } from "../../src/cli/images/image_pool.ts";
import { EmbeddingCache } from "../../src/embed/cache.ts";
import { type CacheEntry, cacheKey } from "../../src/embed/cache_entry.ts";
import { finish, PROJECT, resultsIn, start, withImages } from "../support/program.ts";
import { BUN, NEWER_NODE, testPrograms } from "../runtimes/support/programs.ts";

const FILE = "anomaly-cluster-embeddings.sqlite";
const PAPER = ["--preset", "paper"];

type Entry = CacheEntry<string>;

function withFolder(use: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** An entry of 2 × 3 patches of `channels` numbers that tells itself from others by `seed`. */
function entryOf(seed: number, channels = 4): Entry {
  const data = Float32Array.from({ length: 6 * channels }, (_, at) => Math.sin(seed * 97 + at));
  return { patches: { data, count: 1, rows: 2, cols: 3, channels }, extra: `image ${seed}` };
}

function keyOf(seed: number): Promise<Uint8Array> {
  return cacheKey(new Uint8Array([seed]), "a network");
}

/** Opens the cache of a folder; what it says goes into `said`. */
function open(folder: string, said: string[] = [], limit = 1e9): EmbeddingCache<string> {
  return new EmbeddingCache<string>({ folder, limit, warn: (sentence) => said.push(sentence) });
}

Deno.test("what is put comes back to the last bit, also to another process", async () => {
  const shape = fc.record({
    rows: fc.integer({ min: 1, max: 5 }),
    cols: fc.integer({ min: 1, max: 5 }),
    levels: fc.option(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }), { nil: undefined }),
    extra: fc.string({ unit: "grapheme" }),
  });
  const folder = await Deno.makeTempDir();
  await fc.assert(
    fc.asyncProperty(shape, fc.uint8Array({ maxLength: 40 }), async ({ rows, cols, levels, extra }, file) => {
      const channels = levels?.reduce((sum, width) => sum + width, 0) ?? 3;
      const data = Float32Array.from({ length: rows * cols * channels }, (_, at) => Math.fround(Math.tan(at + rows)));
      const entry: Entry = { patches: { data, count: 1, rows, cols, channels, ...(levels && { levels }) }, extra };
      const key = await cacheKey(file, JSON.stringify([rows, cols, levels, extra]));
      using cache = open(folder);
      using other = open(folder);
      cache.put(key, entry);
      assert.deepEqual(other.get(key), entry);
      assert.equal(other.get(await cacheKey(file, "another network")), undefined);
    }),
    { numRuns: 30 },
  );
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("what was used longest ago makes room, and never what the run itself uses", async () => {
  const keys = await Promise.all(Array.from({ length: 12 }, (_, seed) => keyOf(seed)));
  const wait = () => new Promise((resolve) => setTimeout(resolve, 2));
  const folder = Deno.makeTempDirSync();
  const limit = 5 * 4400; // Each entry takes some 4,300 bytes: five of them.
  const present = () => {
    using cache = open(folder, [], 1e9);
    return keys.flatMap((key, at) => cache.get(key) ? [at] : []);
  };
  for (const seed of [0, 1, 2, 3, 4]) {
    using cache = open(folder, [], limit);
    cache.put(keys[seed], entryOf(seed, 175));
    await wait();
  }
  {
    using cache = open(folder, [], limit);
    assert(cache.get(keys[0]));
    cache.put(keys[5], entryOf(5, 175));
  }
  const left = present();
  assert(left.includes(0) && left.includes(5) && !left.includes(1), `${left}`);
  await wait();
  const said: string[] = [];
  {
    using cache = open(folder, said, limit);
    for (const seed of [6, 7, 8, 9, 10, 11]) cache.put(keys[seed], entryOf(seed, 175));
    assert.equal(cache.kept, 5);
  }
  assert.deepEqual(present(), [6, 7, 8, 9, 10]);
  assert.equal(said.length, 1);
  assert.match(said[0], /full with images of this run: further ones are not kept; --cache-limit allows more/);
  const before = Deno.statSync(join(folder, FILE)).size;
  await wait();
  open(folder, [], 2 * 4400)[Symbol.dispose]();
  assert(present().length === 2 && Deno.statSync(join(folder, FILE)).size < before, "a lower limit shrinks the file");
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("however the file is cut or changed: nothing is thrown, nothing wrong is read, and it works again", async () => {
  const seeds = Array.from({ length: 8 }, (_, seed) => seed);
  const keys = await Promise.all(seeds.map(keyOf));
  const folder = Deno.makeTempDirSync();
  {
    using cache = open(folder);
    for (const seed of seeds) cache.put(keys[seed], entryOf(seed, 175));
  }
  const whole = Deno.readFileSync(join(folder, FILE));
  const place = fc.integer({ min: 0, max: whole.length - 1 });
  const harm = fc.record({ cut: fc.option(place), flips: fc.array(place, { maxLength: 40 }), byte: fc.nat(254) });
  fc.assert(
    fc.property(harm, ({ cut, flips, byte }) => {
      const bytes = whole.slice(0, cut ?? whole.length);
      for (const at of flips) if (at < bytes.length) bytes[at] ^= byte + 1;
      Deno.writeFileSync(join(folder, FILE), bytes);
      const said: string[] = [];
      {
        using cache = open(folder, said);
        for (const seed of seeds) {
          const found = cache.get(keys[seed]);
          if (found) assert.deepEqual(found, entryOf(seed, 175));
          else cache.put(keys[seed], entryOf(seed, 175));
        }
      }
      assert(said.every((sentence) => sentence.startsWith(join(folder, FILE)) && !sentence.includes("\n")), `${said}`);
      using cache = open(folder);
      for (const seed of seeds) {
        const found = cache.get(keys[seed]);
        if (found) assert.deepEqual(found, entryOf(seed, 175));
      }
    }),
    { numRuns: 60 },
  );
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("no cache, another program's, another version: told in a sentence; only our own is made anew", async () => {
  const key = await keyOf(1);
  const made = (file: string, sql: string) => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };
  const cases: [name: string, make: (file: string) => void, said: RegExp, works: boolean][] = [
    ["text", (file) => Deno.writeTextFileSync(file, "not a database ".repeat(99)), /is damaged or no cache/, true],
    ["zeros", (file) => Deno.writeFileSync(file, new Uint8Array(9999)), /is damaged or no cache/, true],
    ["empty", (file) => Deno.writeFileSync(file, new Uint8Array()), /^$/, true],
    ["foreign", (file) => made(file, "CREATE TABLE theirs (x)"), /belongs to another program: .*--cache off/, false],
    ["folder", (file) => Deno.mkdirSync(file), /cannot be written/, false],
    [
      "newer",
      (file) => {
        open(join(file, ".."))[Symbol.dispose]();
        made(file, "PRAGMA user_version = 99; ALTER TABLE entry ADD COLUMN more");
      },
      /of version 99 .* made anew/,
      true,
    ],
    [
      "older",
      (file) => {
        open(join(file, ".."))[Symbol.dispose]();
        made(file, "DROP TABLE content");
      },
      /is damaged and is made anew/,
      true,
    ],
  ];
  for (const [name, make, expected, works] of cases) {
    withFolder((folder) => {
      make(join(folder, FILE));
      const said: string[] = [];
      {
        using cache = open(folder, said);
        if (!cache.get(key)) cache.put(key, entryOf(1));
        if (!cache.get(key)) cache.put(key, entryOf(1));
      }
      assert.match(said.join(), expected, name);
      assert(said.length <= 1, said.join());
      using cache = open(folder);
      assert.equal(cache.get(key) !== undefined, works, name);
    });
  }
});

Deno.test("an entry is of one file, network, way of seeing and engine", async () => {
  const model = new Uint8Array([1, 2, 3]);
  const makers = await Promise.all([
    makerOf("net@224", model, undefined, "wasm", "own"),
    makerOf("net@448", model, undefined, "wasm", "own"),
    makerOf("net@224", new Uint8Array([1, 2, 4]), undefined, "wasm", "own"),
    makerOf("net@224", model, undefined, "native", "own"),
    makerOf("net@224", model, undefined, "wasm", "imagescript"),
  ]);
  assert.equal(new Set(makers).size, makers.length);
  const keys = await Promise.all(makers.flatMap((maker) => [0, 1].map((byte) => cacheKey(Uint8Array.of(byte), maker))));
  assert.equal(new Set(keys.map((key) => key.toHex())).size, keys.length);
});

Deno.test("decoding, resizing and thumbnails are those of PREPARATION_VERSION", async () => {
  const names = [
    "rgb.jpg",
    "orientation-6.jpg",
    "grey-16.png",
    "rgb-lzw.tif",
    "lossy.webp",
    "palette.gif",
    "24-bits.bmp",
  ];
  const files = [
    ...names.map((name) => join(PROJECT, "tests/data/images", name)),
    join(PROJECT, "tests/data/fabric/cut/cut-01.jpg"),
  ];
  const hash: string[] = [];
  for await (const image of prepareImages(files, { size: 224, decoder: "own" })) {
    assert("pixels" in image);
    const all = new TextEncoder().encode(`${image.pixels.data.join()} ${JSON.stringify(image.thumbnail)}`);
    hash.push(new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex().slice(0, 8));
  }
  const expected = "1250abb5 de20a940 7fce93d3 7c3df05e 28b2049f 5570e625 7c3df05e 684f50f6";
  assert.equal(
    hash.join(" "),
    expected,
    "other results: raise PREPARATION_VERSION in src/cli/images/image_cache.ts, then this",
  );
});

testPrograms("a second run embeds nothing, whatever its other settings, and says the same as one without a cache", [
  NEWER_NODE,
  BUN,
], async ({ run }) => {
  await withImages(10, async (folder) => {
    Deno.copyFileSync(join(PROJECT, "tests/data/images/pages.tif"), join(folder, "in", "pages.tif"));
    Deno.writeTextFileSync(join(folder, "in", "text.jpg"), "not an image");
    const [images, cache] = [join(folder, "in"), join(folder, "cache")];
    const settings = [images, ...PAPER, "--cache", cache];
    const without = await run("cluster", images, ...PAPER, "--out", join(folder, "without"));
    assert(!without.stderr.includes("cache"), without.stderr);
    const first = await run("cluster", ...settings, "--out", join(folder, "first"));
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /^cache: 0 of 12 images from .*cache \(\d+ MB\)$/m);
    const second = await run("cluster", ...settings, "--out", join(folder, "second"));
    assert.match(second.stderr, /^cache: 11 of 12 images from .*cache \(\d+ MB\)$/m);
    const expected = resultsIn(join(folder, "without"));
    assert.match(expected[1], /3 pages, the first is used/);
    assert.deepEqual(resultsIn(join(folder, "first")), expected);
    assert.deepEqual(resultsIn(join(folder, "second")), expected);
    const thumbnails = (name: string) => {
      const report = Deno.readTextFileSync(join(folder, name, "report.html"));
      return Array.from(report.matchAll(/data:image\/jpeg;base64,[\w+/=]+/g), ([url]) => url);
    };
    assert.deepEqual(thumbnails("second"), thumbnails("without"));
    Deno.renameSync(join(images, "cut-01.jpg"), join(images, "renamed.jpg"));
    const other = ["--k", "3", "--tau", "20%", "--cluster", "kmeans", "--whiten", "yes"];
    const third = await run("cluster", ...settings, ...other);
    assert.match(third.stderr, /^cache: 11 of 12 images/m);
    const larger = await run("cluster", ...settings, "--size", "64");
    assert.match(larger.stderr, /^cache: 0 of 12 images/m);
    const labelled = join(folder, "labelled.csv");
    Deno.writeTextFileSync(
      labelled,
      "path,label\nin/renamed.jpg,a\nin/cut-02.jpg,a\nin/hole-01.jpg,b\nin/hole-02.jpg,b\n",
    );
    const measured = await run("evaluate", labelled, "--presets", "paper", "--protocol", "whole", "--cache", cache);
    assert.match(measured.stderr, /^cache: 4 of 4 images/m);
  });
});

testPrograms("a cache that is damaged, locked, full or not writable costs a sentence and nothing else", [
  NEWER_NODE,
], async (program) => {
  await withImages(6, async (folder) => {
    const [images, out] = [join(folder, "in"), join(folder, "in-clusters")];
    const options = [...PAPER, "--pool", "average"]; // A small model.bin, which the limit below lets through.
    await program.run("cluster", images, ...options);
    const expected = resultsIn(out);
    const check = async (cache: string, said: RegExp, command = program.command) => {
      for (const name of ["groups.csv", "groups.json"]) Deno.removeSync(join(out, name));
      const { code, stderr } = await finish(start([...command, "cluster", images, ...options, "--cache", cache]));
      assert.equal(code, 0, stderr);
      assert.match(stderr, said);
      assert.equal(stderr.match(/^warning: /gm)?.length, 1, stderr);
      assert.deepEqual(resultsIn(out), expected);
    };
    const folderOf = (name: string) => {
      Deno.mkdirSync(join(folder, name));
      return join(folder, name);
    };

    const damaged = folderOf("damaged");
    Deno.writeTextFileSync(join(damaged, FILE), "text ".repeat(1000));
    await check(damaged, /^warning: cache: .*sqlite is damaged or no cache, and is made anew$/m);

    const locked = folderOf("locked");
    open(locked)[Symbol.dispose]();
    using lock = new DatabaseSync(join(locked, FILE));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    await check(
      locked,
      /^warning: cache: .*sqlite is in use by another program: images are embedded without it; --cache/m,
    );

    Deno.writeTextFileSync(join(folder, "file"), "");
    await check(join(folder, "file"), /^warning: cache: .* cannot be written: /m);

    const limited = ["sh", "-c", `trap "" XFSZ; ulimit -f 600; exec "$@"`, "sh", ...program.command];
    const full = folderOf("full"); // 300 KB: less than six images, more than the report.
    await check(
      full,
      /^warning: cache: .* cannot grow: the disk is full: further images are embedded and not kept$/m,
      limited,
    );
  });
});
