// The command `network NAME`: downloads a network of the hub into the cache, and opens it to see that it works.

import { openModel } from "./open_model.ts";
import type { EngineChoice } from "./engine.ts";
import { findNetwork } from "./find_network.ts";
import { warn } from "../system/progress.ts";

/** Options from the command line. */
export interface NetworkCommandOptions {
  readonly update?: boolean;
  readonly engine: EngineChoice;
  readonly cache?: string;
  readonly json?: "-";
}

/** So many images are embedded to time the network, after a first one that opens it. */
const TIMED = 3;

/** Runs the command. Throws an `AnomalyClusterError` for errors that the user can correct. */
export async function networkCommand(name: string, options: NetworkCommandOptions): Promise<void> {
  const { engine, cache, update = false } = options;
  const asked = {
    preset: "paper" as const,
    model: name,
    engine,
    updates: update,
    ...(cache !== undefined && { cache }),
  };
  const found = await findNetwork(asked);
  const warnings: string[] = [];
  const { embedder, size, network, engine: used } = await openModel(asked, warnings, found);
  const grey = { data: new Uint8Array(4 * size * size).fill(128), width: size, height: size };
  await embedder.embed(grey);
  const started = performance.now();
  for (let image = 0; image < TIMED; image++) await embedder.embed(grey);
  const seconds = (performance.now() - started) / 1000 / TIMED;
  const { rows, cols, channels } = await embedder.embed(grey);
  await embedder.release();
  for (const warning of warnings) warn(warning);
  const { licence, source } = found.manifest ?? {};
  const told = {
    model: found.address,
    id: network.id,
    sha256: network.sha256,
    bytes: found.model.length,
    ...(licence && { licence }),
    ...(source && { source }),
    size,
    patches: [rows, cols],
    channels,
    engine: used,
    secondsAnImage: Number(seconds.toPrecision(2)),
  };
  if (options.json) return console.log(JSON.stringify(told));
  const grid = `${rows} × ${cols} patches of ${channels} numbers from images of ${size} × ${size} pixels`;
  console.log(`${network.id}: ${grid}, ${told.secondsAnImage} s an image with the engine ${used}`);
}
