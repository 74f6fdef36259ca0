// Reads the files that it is sent, away from the thread that watches the time: one message in, one out.

/// <reference lib="deno.worker" />

import { type Target, targets } from "./targets.ts";

/** A file to read as this kind. */
export interface FuzzCase {
  readonly target: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether it is undamaged: then any error is a fault. */
  readonly whole?: boolean;
}

/** How it went; `fault` is an error that should not be. */
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
