// Chooses the engine that runs networks: the native one if it may run and is already installed. The graphics card is
// only used if it is asked for.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { AnomalyClusterError } from "../../errors.ts";
import { isDeno, mayLoadNative } from "../../runtime/deno.ts";
import { graphicsAdapter } from "../../runtime/graphics.ts";
import { type Engine, NATIVE_PACKAGE, nativeStarts } from "../../embed/onnx_runtime.ts";
import { usersCacheFolder } from "../system/cache_folder.ts";

/** Name of an engine; `auto` is the native one if native code is allowed and its package is installed, else `wasm`. */
export type EngineChoice = Engine | "auto";

/**
 * The engine that a choice means on this machine. Downloads nothing and asks for no permission. Throws `bad-argument`
 * for `webgpu` where there is no graphics card.
 */
export async function chosenEngine(choice: EngineChoice): Promise<Engine> {
  if (choice === "webgpu" && !await graphicsAdapter()) {
    throw new AnomalyClusterError(
      "bad-argument",
      "--engine webgpu: no graphics adapter can be had here by WebGPU; --engine wasm needs none",
    );
  }
  if (choice !== "auto") return choice;
  return isDownloaded() && await nativeStarts() ? "native" : "wasm";
}

/** A warning where the graphics adapter is one that the processor stands in for. */
export async function softwareAdapterNote(): Promise<string | undefined> {
  const { info } = await graphicsAdapter() ?? {};
  if (!info?.isFallbackAdapter) return undefined;
  const name = info.description ? `${info.description}, ` : "";
  return `the graphics adapter is ${name}not a card but the processor itself: --engine wasm is much faster`;
}

/** Whether the package can be tried without a download: for Deno, its cache must hold the package of any registry. */
function isDownloaded(): boolean {
  if (!mayLoadNative()) return false;
  if (!isDeno) return true; // Other runtimes download nothing: a package that is not installed fails to start.
  try {
    const folder = join(process.env.DENO_DIR ?? usersCacheFolder("deno"), "npm");
    const [name, version] = NATIVE_PACKAGE.split("@");
    return readdirSync(folder).some((registry) => existsSync(join(folder, registry, name, version)));
  } catch {
    return false;
  }
}
