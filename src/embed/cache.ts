// Keeps the patch embeddings of images, by their content, in one SQLite file that several processes share. Images that
// were embedded before need not be embedded again.

import { Buffer } from "node:buffer";
import { mkdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { DatabaseSync } from "node:sqlite";
import { isMissing } from "../errors.ts";
import { type CacheEntry, checksum, type Facts, readEntry } from "./cache_entry.ts";
import { inTransaction, isDamage, numberOf, reasonOf } from "./sqlite.ts";

/** The cache's folder, its size limit, and a function that is told of failures. */
export interface CacheOptions {
  readonly folder: string;
  /** The most bytes of all entries. Entries that were not used for the longest time make room for new ones. */
  readonly limit: number;
  /** Called with one sentence for each failure. The run goes on without the cache. */
  readonly warn: (sentence: string) => void;
}

const FILE_NAME = "anomaly-cluster-embeddings.sqlite";

/** "AnCl": marks a file as ours, in the field that SQLite has for that. */
const APPLICATION = 0x416e436c;

const SCHEMA_VERSION = 1;

/** How long to wait for another process to finish writing. */
const PATIENCE_MS = 3000;

/**
 * How long to wait for another process to open the cache. Opening never takes that long, unless that process was
 * stopped.
 */
const LOCK_PATIENCE_MS = 60_000;

// The large contents are in a table apart from the entries, which are counted, sorted and updated.
const SCHEMA = `
  CREATE TABLE content (id INTEGER PRIMARY KEY, facts TEXT NOT NULL, patches BLOB NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE entry (
    key BLOB PRIMARY KEY, used INTEGER NOT NULL, bytes INTEGER NOT NULL, content INTEGER NOT NULL
  ) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/**
 * A cache that never throws. If an entry cannot be read, it counts as missing. If it cannot be written, it is not kept.
 * `warn` is told of both.
 */
export class EmbeddingCache<Extra> {
  readonly folder: string;
  readonly #file: string;
  readonly #options: CacheOptions;
  readonly #started = Date.now();
  readonly #used: Uint8Array[] = [];
  readonly #sqlite = process.getBuiltinModule?.("node:sqlite");
  #database?: DatabaseSync;
  #bytes = 0;
  #writable = true;
  #rebuilt = false;
  #toldOfDamage = false;
  #found = 0;
  #stored = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.folder = options.folder;
    this.#file = join(options.folder, FILE_NAME);
    if (!this.#sqlite) {
      options.warn(
        `images are embedded without it: Node ${process.versions.node} has no SQLite, Node 22.13 or newer has`,
      );
      return;
    }
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 }); // Private, because it holds pictures.
      this.#open();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Whether entries can be read. */
  get isOpen(): boolean {
    return this.#database !== undefined;
  }

  /** How many images were found in the cache. */
  get found(): number {
    return this.#found;
  }

  /** How many images of this run are in the cache: those found and those stored. */
  get kept(): number {
    return this.#found + this.#stored;
  }

  /** Size of the cache on the disk, in bytes. */
  get size(): number {
    return this.#attempt((database) => numberOf(database, "page_count") * numberOf(database, "page_size")) ?? 0;
  }

  /** Returns the entry with this key, if there is one and it is whole. */
  get(key: Uint8Array): CacheEntry<Extra> | undefined {
    return this.#attempt((database) => {
      const row = database.prepare(
        "SELECT facts, patches, checksum FROM entry JOIN content ON content.id = entry.content WHERE key = ?",
      ).get(key);
      if (!row) return undefined;
      const entry = readEntry<Extra>(row);
      if (!entry) {
        this.#remove(database, key);
        if (!this.#toldOfDamage) this.#options.warn(`${this.#file} has a damaged entry: its image is embedded again`);
        this.#toldOfDamage = true;
        return undefined;
      }
      this.#found++;
      this.#used.push(key);
      return entry;
    });
  }

  /** Stores an entry. From here on it outlives the process. */
  put(key: Uint8Array, { patches, extra }: CacheEntry<Extra>): void {
    if (!this.#writable) return;
    const { rows, cols, channels, levels } = patches;
    const facts = JSON.stringify({ rows, cols, channels, ...(levels && { levels }), extra } satisfies Facts);
    const data = new Uint8Array(patches.data.buffer, patches.data.byteOffset, patches.data.byteLength);
    const bytes = data.length + Buffer.byteLength(facts);
    this.#attempt((database) => {
      if (!this.#makeRoom(database, bytes)) return;
      inTransaction(database, () => {
        if (database.prepare("SELECT 1 FROM entry WHERE key = ?").get(key)) return; // Another process was quicker.
        const { lastInsertRowid } = database.prepare("INSERT INTO content (facts, patches, checksum) VALUES (?, ?, ?)")
          .run(facts, data, checksum(facts, data));
        database.prepare("INSERT INTO entry (key, used, bytes, content) VALUES (?, ?, ?, ?)")
          .run(key, this.#started, bytes, lastInsertRowid);
      });
      this.#bytes += bytes;
      this.#stored++;
    }, true);
  }

  /** Records which entries were used, removes the oldest above the limit, and closes the file. */
  [Symbol.dispose](): void {
    if (this.#writable) {
      this.#attempt((database) => {
        this.#noteUse(database);
        this.#evict(database, this.#options.limit, Infinity);
      }, true);
    }
    this.#close();
  }

  #open(): void {
    // Processes open the cache one after another, so that none opens a file that another is about to replace.
    using _lock = this.#lock();
    try {
      this.#connect();
    } catch (error) {
      if (!isDamage(error) || this.#rebuilt) throw error;
      this.#options.warn(`${this.#file} is damaged or no cache, and is made anew`);
      this.#replace();
    }
  }

  /**
   * Waits for an exclusive lock on an empty database beside the cache. If the process that holds the lock dies, the
   * system releases it.
   */
  #lock(): Disposable {
    const database = new this.#sqlite!.DatabaseSync(`${this.#file}.lock`, { timeout: LOCK_PATIENCE_MS });
    try {
      database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error;
    }
    return { [Symbol.dispose]: () => database.close() };
  }

  #replace(): void {
    this.#rebuilt = true;
    this.#close();
    for (const ending of ["-wal", "-shm", ""]) {
      try {
        unlinkSync(`${this.#file}${ending}`);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    this.#connect();
  }

  #connect(): void {
    const database = new this.#sqlite!.DatabaseSync(this.#file, { timeout: PATIENCE_MS });
    this.#database = database;
    // auto_vacuum only has an effect on a new file. With a write-ahead log (WAL), readers and a writer do not wait for
    // each other.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    const tables = database.prepare("SELECT count(*) AS tables FROM sqlite_master").get()!.tables;
    if (tables !== 0 && numberOf(database, "application_id") !== APPLICATION) {
      throw new Error("it belongs to another program");
    }
    const version = numberOf(database, "user_version");
    if (tables !== 0 && version !== SCHEMA_VERSION) {
      this.#options.warn(`${this.#file} is of version ${version} of this program's cache, and is made anew`);
      inTransaction(
        database,
        () => database.exec(`DROP TABLE IF EXISTS entry; DROP TABLE IF EXISTS content; ${SCHEMA}`),
      );
    } else if (tables === 0) inTransaction(database, () => database.exec(SCHEMA));
    this.#bytes = bytesOf(database);
  }

  /** Runs `work` on the database, if it is open. A failure is reported once, and what failed is not tried again. */
  #attempt<T>(work: (database: DatabaseSync) => T, writes = false): T | undefined {
    if (!this.#database) return undefined;
    try {
      return work(this.#database);
    } catch (error) {
      if (isDamage(error) && !this.#rebuilt) this.#rebuild();
      else if (writes && !isDamage(error)) {
        this.#writable = false;
        this.#options.warn(`${this.#file} ${reasonOf(error)}: further images are embedded and not kept`);
      } else this.#giveUp(error);
      return undefined;
    }
  }

  #rebuild(): void {
    this.#options.warn(`${this.#file} is damaged and is made anew`);
    try {
      using _lock = this.#lock();
      this.#replace();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    this.#close();
    this.#options.warn(
      `${this.#file} ${
        reasonOf(error)
      }: images are embedded without it; --cache DIR names another folder, --cache off none`,
    );
  }

  #close(): void {
    try {
      this.#database?.close();
    } catch {
      // The database is no longer needed, whether it could be closed or not.
    }
    this.#database = undefined;
  }

  /** Whether so many more bytes fit within the limit. If not, first removes entries that this run did not use. */
  #makeRoom(database: DatabaseSync, bytes: number): boolean {
    const { limit, warn } = this.#options;
    if (this.#bytes + bytes <= limit) return true;
    this.#noteUse(database);
    // Removes a tenth more than needed, so that this does not happen for every image.
    this.#evict(database, Math.max(0, limit * 0.9 - bytes), this.#started);
    if (this.#bytes + bytes <= limit) return true;
    this.#writable = false;
    warn(`${this.folder} is full with images of this run: further ones are not kept; --cache-limit allows more`);
    return false;
  }

  #noteUse(database: DatabaseSync): void {
    const update = database.prepare("UPDATE entry SET used = ? WHERE key = ?");
    const used = this.#used.splice(0);
    if (used.length) inTransaction(database, () => used.forEach((key) => update.run(this.#started, key)));
  }

  /**
   * Removes the entries that were not used for the longest time, until at most `limit` bytes are left. Keeps those used
   * at or after `before`.
   */
  #evict(database: DatabaseSync, limit: number, before: number): void {
    this.#bytes = bytesOf(database);
    if (this.#bytes <= limit) return;
    const oldest = database.prepare("SELECT key, bytes FROM entry WHERE used < ? ORDER BY used, key");
    for (const { key, bytes } of oldest.all(before === Infinity ? Number.MAX_SAFE_INTEGER : before)) {
      if (this.#bytes <= limit) break;
      this.#remove(database, key as Uint8Array);
      this.#bytes -= Number(bytes);
    }
    database.exec("PRAGMA incremental_vacuum");
  }

  #remove(database: DatabaseSync, key: Uint8Array): void {
    inTransaction(database, () => {
      database.prepare("DELETE FROM content WHERE id = (SELECT content FROM entry WHERE key = ?)").run(key);
      database.prepare("DELETE FROM entry WHERE key = ?").run(key);
    });
  }
}

function bytesOf(database: DatabaseSync): number {
  return Number(database.prepare("SELECT coalesce(sum(bytes), 0) AS bytes FROM entry").get()!.bytes);
}
