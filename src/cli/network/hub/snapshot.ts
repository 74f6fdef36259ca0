// Keeps the files of a repository at one commit in the cache. They lie in FOLDER/OWNER/NAME/commits/COMMIT/, and their
// SHA-256 in FOLDER/OWNER/NAME/commits/COMMIT.json. FOLDER/OWNER/NAME/refs/ holds, for each revision, the commit that
// it stood for when it was first asked for.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "../../../embed/manifest.ts";
import { AnomalyClusterError } from "../../../errors.ts";
import { tell, warn } from "../../system/progress.ts";
import { download } from "./download.ts";
import { hubAddress, type HubReference } from "./reference.ts";

/** Where files are kept, and whether more may be downloaded. */
export interface SnapshotOptions {
  /** The folder for all repositories; absent if nothing is kept. */
  readonly folder?: string;
  /** Whether downloaded files are written there. */
  readonly keeps: boolean;
  /** Whether to ask the hub what the revision stands for now, even if an earlier answer is kept. */
  readonly updates?: boolean;
  /** If nothing may be downloaded, the reason why, as the end of a sentence. */
  readonly refusal?: string;
}

/** SHA-256 of each file; null for a file that the repository lacks. */
type Digests = Record<string, string | null>;

/** The files of one commit. They are read from the cache if they are there and undamaged, else downloaded. */
export class Snapshot {
  readonly #reference: HubReference;
  readonly #options: SnapshotOptions;
  #commit?: string;
  #digests: Digests = {};
  #downloaded = 0;
  readonly #came = new Map<string, Uint8Array>();
  #failed = false;

  private constructor(reference: HubReference, options: SnapshotOptions) {
    this.#reference = reference;
    this.#options = options;
  }

  static async open(reference: HubReference, options: SnapshotOptions): Promise<Snapshot> {
    const snapshot = new Snapshot(reference, options);
    const { revision } = reference;
    const before = options.updates ? undefined : (await snapshot.#text(refFile(revision)))?.trim();
    await snapshot.#take(isCommit(revision) ? revision : before);
    return snapshot;
  }

  /** The commit; or the revision, if the commit is not known. */
  get commit(): string {
    return this.#commit ?? this.#reference.revision;
  }

  /** Number of files that were not in the cache. */
  get downloaded(): number {
    return this.#downloaded;
  }

  /** The folder of its files; `undefined` if they are not kept. */
  get folder(): string | undefined {
    return this.#path(`commits/${encodeURIComponent(this.commit)}`);
  }

  /** SHA-256 of a file that was read, 64 hexadecimal digits. */
  digest(path: string): string {
    return this.#digests[path]!;
  }

  /**
   * A file's bytes; `undefined` if the repository has no file of this path. Throws `bad-model` if it cannot be read.
   */
  async read(path: string): Promise<Uint8Array | undefined> {
    const wanted = this.#digests[path];
    if (wanted === null) return undefined;
    const kept = wanted === undefined ? undefined : await this.#kept(path, wanted);
    return kept ?? await this.#fetch(path, wanted);
  }

  async #kept(path: string, wanted: string): Promise<Uint8Array | undefined> {
    const file = join(this.folder!, path);
    const bytes = await readFile(file).catch(() => undefined);
    if (!bytes) return undefined;
    const found = await sha256(bytes);
    if (found === wanted) return new Uint8Array(bytes);
    const digests = `its SHA-256 is ${found.slice(0, 12)}… and not ${wanted.slice(0, 12)}…`;
    warn(`${file} is damaged, ${digests}: it is downloaded again`);
    return undefined;
  }

  async #fetch(path: string, wanted: string | undefined): Promise<Uint8Array | undefined> {
    const { refusal } = this.#options;
    const name = hubAddress({ ...this.#reference, file: undefined });
    if (refusal) throw new AnomalyClusterError("bad-model", `${name} is not in the cache, and ${refusal}`);
    const found = await download({ ...this.#reference, revision: this.commit }, path);
    this.#downloaded++;
    if (!found) {
      if (this.#commit !== undefined) this.#digests[path] = null;
      return undefined;
    }
    if (this.#commit === undefined) await this.#take(found.commit ?? this.#reference.revision);
    // The commit may be known only now, and so what other runs kept of it.
    const before = wanted ?? this.#digests[path];
    if (before && before !== found.sha256 && !this.#options.updates) {
      const digests = `its SHA-256 was ${before.slice(0, 12)}… and is ${found.sha256.slice(0, 12)}…`;
      const way = `remove ${this.#path("")} to take it all the same`;
      throw new AnomalyClusterError("bad-model", `${path} of ${name} is another file than before, ${digests}: ${way}`);
    }
    this.#digests[path] = found.sha256;
    this.#came.set(path, found.bytes);
    return found.bytes;
  }

  /** Sets the commit, and reads the digests of its files that are kept. */
  async #take(commit: string | undefined): Promise<void> {
    if (!commit) return;
    this.#commit = commit;
    const digests = await this.#text(`commits/${encodeURIComponent(commit)}.json`);
    try {
      this.#digests = digests === undefined ? {} : JSON.parse(digests);
    } catch {
      // The list is damaged, so all files are downloaded again.
    }
  }

  /**
   * Keeps downloaded files. Call it only when they have proved usable: otherwise a wrong file, such as an error page,
   * would stay in the cache for good.
   */
  keep(): void {
    if (this.#downloaded === 0) return;
    const commit = `commits/${encodeURIComponent(this.commit)}`;
    for (const [path, bytes] of this.#came) this.#write(`${commit}/${path}`, bytes);
    this.#write(`${commit}.json`, `${JSON.stringify(this.#digests, null, 1)}\n`);
    const { revision } = this.#reference;
    if (!isCommit(revision)) this.#write(refFile(revision), `${this.#commit}\n`);
  }

  async #text(path: string): Promise<string | undefined> {
    const file = this.#path(path);
    return file === undefined ? undefined : await readFile(file, "utf8").catch(() => undefined);
  }

  #path(path: string): string | undefined {
    const { folder } = this.#options;
    const { repository, endpoint } = this.#reference;
    // Other servers get a folder of their own, because they may have other files under the same name.
    const place = endpoint === undefined ? "hub" : encodeURIComponent(endpoint.replace(/^https?:\/\//, ""));
    return folder === undefined ? undefined : join(folder, place, repository, path);
  }

  /** Writes a file completely or not at all, even if another program writes it at the same time. */
  #write(path: string, content: string | Uint8Array): void {
    const file = this.#path(path);
    if (file === undefined || !this.#options.keeps || this.#failed) return;
    const partial = `${file}.${crypto.randomUUID()}`;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(partial, content);
      renameSync(partial, file);
    } catch {
      this.#failed = true;
      warn(`the network is not kept, as ${dirname(file)} cannot be written: the next run downloads it again`);
    }
  }

  /** Whether all files that were read are in the cache for later runs. */
  get isKept(): boolean {
    return this.#options.folder !== undefined && !this.#failed && (this.#options.keeps || this.#downloaded === 0);
  }

  /** Prints `what` and where its files are kept. */
  tell(what: string): void {
    const where = this.#downloaded === 0 ? "from the cache" : this.isKept ? `kept in ${this.folder}` : "not kept";
    tell(`network: ${what}, ${where}`);
  }
}

function refFile(revision: string): string {
  return `refs/${encodeURIComponent(revision)}`;
}

function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
