// Which engine embeds: the native one where it may run and is already there.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { isDeno, mayLoadNative } from "../../runtime/deno.ts";
import { type Engine, NATIVE_PACKAGE, nativeStarts } from "../../embed/onnx_runtime.ts";
import { usersCacheFolder } from "../system/cache_folder.ts";

/** Engines by name; `auto` is the native one where native code is allowed and the package is there. */
export type EngineChoice = Engine | "auto";

/** What a choice comes to on this machine. Downloads nothing, asks for no permission. */
export async function chosenEngine(choice: EngineChoice): Promise<Engine> {
  if (choice !== "auto") return choice;
  return isDownloaded() && await nativeStarts() ? "native" : "wasm";
}

/** Whether trying the package downloads nothing: Deno's cache holds it, of whichever registry. */
function isDownloaded(): boolean {
  if (!mayLoadNative()) return false;
  if (!isDeno) return true; // What is not installed does not start, and nothing is downloaded.
  try {
    const folder = join(process.env.DENO_DIR ?? usersCacheFolder("deno"), "npm");
    const [name, version] = NATIVE_PACKAGE.split("@");
    return readdirSync(folder).some((registry) => existsSync(join(folder, registry, name, version)));
  } catch {
    return false;
  }
}
