// The files of a repository at one commit, kept in the cache: FOLDER/OWNER/NAME/commits/COMMIT/, with their SHA-256 in
// FOLDER/OWNER/NAME/commits/COMMIT.json, and in refs/ the commits that revisions stood for when they were first asked for.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "../../../embed/manifest.ts";
import { AnomalyClusterError } from "../../../errors.ts";
import { tell, warn } from "../../system/progress.ts";
import { download } from "./download.ts";
import { hubAddress, type HubReference } from "./reference.ts";

/** Where files are kept, and whether more may come. */
export interface SnapshotOptions {
  /** Of all repositories; nothing where none is kept. */
  readonly folder?: string;
  /** Whether what was downloaded is written there. */
  readonly keeps: boolean;
  /** Whether the hub is asked what the revision stands for now, though it was before. */
  readonly updates?: boolean;
  /** Why nothing may be downloaded, where that is so: a sentence's end. */
  readonly refusal?: string;
}

/** SHA-256 of each file; nothing for one that the repository lacks. */
type Digests = Record<string, string | null>;

/** Files of one commit: from the cache where they are whole there. */
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

  /** The commit, or the revision where the server tells of no commit. */
  get commit(): string {
    return this.#commit ?? this.#reference.revision;
  }

  /** Files that were not in the cache. */
  get downloaded(): number {
    return this.#downloaded;
  }

  /** Where its files lie; nothing where they are not kept. */
  get folder(): string | undefined {
    return this.#path(`commits/${encodeURIComponent(this.commit)}`);
  }

  /** SHA-256 of a file that was read, 64 hexadecimal digits. */
  digest(path: string): string {
    return this.#digests[path]!;
  }

  /** A file's bytes; nothing where the repository has none of this path. Throws `bad-model` where it cannot be had. */
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
    // What another run keeps of this commit may be known only now.
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

  /** Settles on a commit, and on what is kept of it. */
  async #take(commit: string | undefined): Promise<void> {
    if (!commit) return;
    this.#commit = commit;
    const digests = await this.#text(`commits/${encodeURIComponent(commit)}.json`);
    try {
      this.#digests = digests === undefined ? {} : JSON.parse(digests);
    } catch {
      // Then all of it is downloaded again.
    }
  }

  /** Keeps what was downloaded, once it is known to be of use: another page in place of a file would stay for good. */
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
    // By the host too, where it is not the hub: others may hold something else under the same name.
    const place = endpoint === undefined ? "hub" : encodeURIComponent(endpoint.replace(/^https?:\/\//, ""));
    return folder === undefined ? undefined : join(folder, place, repository, path);
  }

  /** Whole or not at all, whoever else writes it. */
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

  /** Whether what was read is in the cache for the next time. */
  get isKept(): boolean {
    return this.#options.folder !== undefined && !this.#failed && (this.#options.keeps || this.#downloaded === 0);
  }

  /** Says what it is and where it lies. */
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
