// Patch embeddings of images seen before, by content, in one SQLite file that several processes share.

import { Buffer } from "node:buffer";
import { mkdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { DatabaseSync } from "node:sqlite";
import { isMissing } from "../errors.ts";
import { type CacheEntry, checksum, type Facts, readEntry } from "./cache_entry.ts";
import { inTransaction, isDamage, numberOf, reasonOf } from "./sqlite.ts";

/** Where entries lie, how much they may take, and who is told what went wrong. */
export interface CacheOptions {
  readonly folder: string;
  /** Most bytes of all entries: what was used longest ago makes room. */
  readonly limit: number;
  /** Hears one sentence for each thing that failed; the run goes on without. */
  readonly warn: (sentence: string) => void;
}

const FILE_NAME = "anomaly-cluster-embeddings.sqlite";

/** "AnCl": tells our files from other programs' (SQLite's own field for that). */
const APPLICATION = 0x416e436c;

const SCHEMA_VERSION = 1;

/** For how long another process' write is waited for. */
const PATIENCE_MS = 3000;

/** For how long until it has opened the cache: never so long, unless it was stopped. */
const LOCK_PATIENCE_MS = 60_000;

// The large contents lie apart from what is counted, sorted and updated.
const SCHEMA = `
  CREATE TABLE content (id INTEGER PRIMARY KEY, facts TEXT NOT NULL, patches BLOB NOT NULL, checksum INTEGER NOT NULL);
  CREATE TABLE entry (
    key BLOB PRIMARY KEY, used INTEGER NOT NULL, bytes INTEGER NOT NULL, content INTEGER NOT NULL
  ) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** A cache that never fails: what cannot be read is missing, what cannot be written is left out, and `warn` hears of it. */
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
      mkdirSync(options.folder, { recursive: true, mode: 0o700 }); // It holds pictures.
      this.#open();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Whether entries can be read. */
  get isOpen(): boolean {
    return this.#database !== undefined;
  }

  /** Images that were found. */
  get found(): number {
    return this.#found;
  }

  /** Images that are kept of this run: found or stored. */
  get kept(): number {
    return this.#found + this.#stored;
  }

  /** What the entries take on the disk, in bytes. */
  get size(): number {
    return this.#attempt((database) => numberOf(database, "page_count") * numberOf(database, "page_size")) ?? 0;
  }

  /** The entry of this key, if there is a whole one. */
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

  /** Keeps an entry: it outlives the process from here on. */
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

  /** Notes what was used, keeps within the limit and frees the file. */
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
    // Processes open one after the other, so that none sees a file that another is about to replace.
    using _lock = this.#lock();
    try {
      this.#connect();
    } catch (error) {
      if (!isDamage(error) || this.#rebuilt) throw error;
      this.#options.warn(`${this.#file} is damaged or no cache, and is made anew`);
      this.#replace();
    }
  }

  /** Waits for the only lock on the file beside the cache, an empty database; the system takes it off whoever dies. */
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
    // Only the first of these counts on a new file; with a log, readers and a writer do not wait for each other.
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

  /** Runs a piece of work on the database, where there is one; what fails is told, once, and not tried again. */
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
      // It is of no more use either way.
    }
    this.#database = undefined;
  }

  /** Whether so many bytes more are within the limit, after what this run has no use for has made way. */
  #makeRoom(database: DatabaseSync, bytes: number): boolean {
    const { limit, warn } = this.#options;
    if (this.#bytes + bytes <= limit) return true;
    this.#noteUse(database);
    // A tenth more than needed, so that this is not for every image.
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

  /** Removes what was used longest ago, and before `before`, until no more than `limit` bytes are left. */
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
