// Reads files in a worker, so that the thread that watches the time stays free. It answers each message with one
// message.

/// <reference lib="deno.worker" />

import { type Target, targets } from "./targets.ts";

/** A file, and the kind to read it as. */
export interface FuzzCase {
  readonly target: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the file is undamaged. Then any error is a fault. */
  readonly whole?: boolean;
}

/** The outcome of a read. `fault` is an error that should not happen. */
export interface FuzzOutcome {
  readonly refused: boolean;
  readonly fault?: string;
}

let all: Promise<Record<string, Target>> | undefined;

self.onmessage = async ({ data }: MessageEvent<FuzzCase & { scratch: string }>) => {
  self.postMessage(await outcomeOf(data, await (all ??= targets(data.scratch))));
};

async function outcomeOf({ target, bytes, whole }: FuzzCase, all: Record<string, Target>): Promise<FuzzOutcome> {
  try {
    await all[target].read(bytes);
    return { refused: false };
  } catch (error) {
    if (!whole && all[target].isExpected(error)) return { refused: true };
    const text = error instanceof Error ? `${error.name}: ${error.stack ?? error.message}` : String(error);
    return { refused: true, fault: text };
  }
}
