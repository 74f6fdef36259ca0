// Runs damaged files through their readers. Each read has a time limit, in a worker that can be ended.

import { join } from "node:path";
import { seededRandom } from "../../src/random.ts";
import { type Draw, mutate, mutateJson } from "./mutate.ts";
import { type Target, targets } from "./targets.ts";
import type { FuzzCase, FuzzOutcome } from "./worker.ts";

/** What to run, and where to keep the files that show a fault. */
export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Kinds of files to run. @default all */
  readonly only?: readonly string[];
  /** Most milliseconds that reading a file may take. */
  readonly patience: number;
  /** Folder for files that show a fault, so that they can be replayed. It is made for the first one. */
  readonly failures: string;
  readonly onProgress?: (done: number, report: FuzzReport) => void;
}

/** The results of a run. */
export interface FuzzReport {
  /** Number of files read and of files refused, by kind. */
  readonly counts: Readonly<Record<string, { read: number; refused: number }>>;
  /** A line for each fault, with its file. */
  readonly faults: readonly string[];
  /** Resident megabytes after a tenth of the runs and at the end. */
  readonly memory: readonly number[];
  /** The longest time that a file took, and its kind. */
  readonly slowest: { readonly milliseconds: number; readonly target: string };
}

/** Every so many files one is undamaged, and must be read. */
const WHOLE_EVERY = 20;

/** Runs all files. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const scratch = await Deno.makeTempDir();
  const all = await targets(scratch);
  const names = Object.keys(all).filter((name) => !options.only || options.only.includes(name));
  const drawn = names.flatMap((name) => Array.from({ length: all[name].share }, () => name));
  const others = names.flatMap((name) => [...all[name].corpus.values()]);
  const report = {
    counts: Object.fromEntries(names.map((name) => [name, { read: 0, refused: 0 }])),
    faults: [] as string[],
    memory: [] as number[],
    slowest: { milliseconds: 0, target: "" },
  };
  const reader = new Reader(scratch, options.patience);
  try {
    for (let run = 0; run < options.runs; run++) {
      const random = seededRandom(options.seed * 1_000_003 + run);
      const draw: Draw = (below) => Math.floor(random() * below);
      const target = drawn[draw(drawn.length)];
      const whole = run % WHOLE_EVERY === WHOLE_EVERY - 1;
      const bytes = whole ? wholeFile(all[target], draw) : damaged(all[target], draw, others[draw(others.length)]);
      const began = performance.now();
      const { refused, fault } = await reader.read({ target, bytes, whole });
      const milliseconds = performance.now() - began;
      if (milliseconds > report.slowest.milliseconds) report.slowest = { milliseconds, target };
      report.counts[target][refused ? "refused" : "read"]++;
      if (fault) report.faults.push(`${keep(options.failures, `${target}-${options.seed}-${run}`, bytes)}: ${fault}`);
      if (run + 1 === Math.ceil(options.runs / 10) || run + 1 === options.runs) report.memory.push(residentMegabytes());
      options.onProgress?.(run + 1, report);
    }
  } finally {
    reader.end();
    await Deno.remove(scratch, { recursive: true });
  }
  return report;
}

/** Reads a kept file again. Its name begins with its kind. */
export async function replay(file: string, target: string, patience: number): Promise<FuzzOutcome> {
  const scratch = await Deno.makeTempDir();
  const reader = new Reader(scratch, patience);
  try {
    return await reader.read({ target, bytes: await Deno.readFile(file) });
  } finally {
    reader.end();
    await Deno.remove(scratch, { recursive: true });
  }
}

function wholeFile({ corpus }: Target, draw: Draw): Uint8Array<ArrayBuffer> {
  const files = [...corpus].filter(([name]) => !name.startsWith(NOT_READ)).map(([, bytes]) => bytes);
  return files[draw(files.length)].slice();
}

/** Prefix of the names of undamaged files whose kind is refused. */
const NOT_READ = "refused-";

function damaged({ corpus, json }: Target, draw: Draw, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const files = [...corpus.values()];
  const bytes = files[draw(files.length)];
  if (!json || draw(4) === 0) return mutate(bytes, draw, draw(2) ? other : files[draw(files.length)]);
  return new TextEncoder().encode(mutateJson(new TextDecoder().decode(bytes), draw));
}

function keep(folder: string, name: string, bytes: Uint8Array): string {
  Deno.mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  Deno.writeFileSync(file, bytes);
  return file;
}

function residentMegabytes(): number {
  return Math.round(Deno.memoryUsage().rss / 1e6);
}

/** Reads files in a worker. If the worker hangs or dies on a file, another one is started for the next file. */
class Reader {
  #worker?: Worker;

  constructor(readonly scratch: string, readonly patience: number) {}

  async read(fuzzCase: FuzzCase): Promise<FuzzOutcome> {
    const started = this.#worker === undefined;
    const worker = this.#worker ??= new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const { promise, resolve } = Promise.withResolvers<FuzzOutcome>();
    worker.onmessage = ({ data }: MessageEvent<FuzzOutcome>) => resolve(data);
    const giveUp = (fault: string) => {
      this.end();
      resolve({ refused: true, fault });
    };
    worker.onerror = (event) => {
      event.preventDefault();
      giveUp(`the worker died: ${event.message}`);
    };
    const patience = this.patience + (started ? 20_000 : 0);
    const timer = setTimeout(() => giveUp(`no end within ${this.patience} ms`), patience);
    worker.postMessage({ ...fuzzCase, scratch: this.scratch });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
