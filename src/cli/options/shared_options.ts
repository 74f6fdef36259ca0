// Options that several commands have.

import { type Command, Option } from "commander";
import { NATIVE_PACKAGE } from "../../embed/onnx_runtime.ts";
import { byteCount, detail, oneOf, wholeNumber } from "./arguments.ts";

/** `--engine`: what runs the network. */
export function engineOption(): Option {
  const what =
    `what runs the network: wasm, native (by Deno the task cluster:native; else npm install ${NATIVE_PACKAGE}), ` +
    "webgpu (the graphics card, by Deno), or auto: native where that is there and, by Deno, --allow-ffi is given, " +
    "else wasm";
  return new Option("--engine <NAME>", what).argParser(oneOf("auto", "wasm", "native", "webgpu")).default("auto");
}

/** `--detail`: how closely large photos are looked at. */
export function detailOption(): Option {
  const what =
    "size in pixels of the smallest defect that matters in large photos, which are then looked at closer where " +
    "they are least like the others; auto: as small as can be found in about the time of a small image ten times over, and " +
    "from 0.4 megapixels on; off: photos are seen whole (default: auto, with --preset paper off)";
  return new Option("--detail <PIXELS>", what).argParser(detail);
}

/** `--cache`: where embedded images are kept. */
export function cacheOption(): Option {
  return new Option("--cache <DIR>", "where embedded images are kept, or off (default: the user's folder for caches)")
    .env("ANOMALY_CLUSTER_CACHE");
}

/** `--cache-limit`: the largest size of the cache. */
export function cacheLimitOption(): Option {
  return new Option("--cache-limit <SIZE>", "most that the cache takes, as 500MB; what was used longest ago makes room")
    .argParser(byteCount).default(4e9, "4GB");
}

/** `--epochs`: how long a clusterer is trained. */
export function epochsOption(): Option {
  return new Option("--epochs <N>", "passes over the images, of a clusterer that is trained (default: the method's)")
    .argParser(wholeNumber(1));
}

/** `--patience`: when a training ends early. */
export function patienceOption(): Option {
  return new Option(
    "--patience <N>",
    "a training ends after so many epochs without a lower loss; 0 never before its end",
  )
    .argParser(wholeNumber(0)).default(40);
}

/**
 * Adds the options of all commands that use a queue's server. `what` says what the command does there, for the help.
 */
export function queueOptions(command: Command, what: string, isNeeded: boolean): Command {
  const url = new Option("--queue <URL>", `${what}: docs/queue.md`).makeOptionMandatory(isNeeded);
  return command.addOption(url)
    .option("--queue-creds <FILE>", "credentials for the queue's server")
    .option("--queue-tls-ca <FILE>", "certificates, PEM, of who vouches for the queue's server; connects by TLS");
}
