// Options that several commands have.

import { type Command, Option } from "commander";
import { NATIVE_PACKAGE } from "../../embed/onnx_runtime.ts";
import { byteCount, detail, oneOf, wholeNumber } from "./arguments.ts";

/** `--engine`: what runs the network. */
export function engineOption(): Option {
  const what =
    "what runs the network: wasm works everywhere; native is nearly twice as fast, and five times with networks of " +
    "the hub (Deno: the task cluster:native; " +
    `Node: npm install ${NATIVE_PACKAGE}); webgpu is the graphics card, in Deno; auto takes native if it is installed ` +
    "and, in Deno, --allow-ffi is given, else wasm";
  return new Option("--engine <NAME>", what).argParser(oneOf("auto", "wasm", "native", "webgpu")).default("auto");
}

/** `--detail`: how closely large photos are looked at. */
export function detailOption(): Option {
  const what =
    "smallest defect that matters in large photos, in pixels; the smaller, the longer it takes. auto: as small as can be " +
    "found in ten times the time of a small image, in photos from 0.4 megapixels on; off: photos are only seen whole: " +
    "docs/photos.md (default: auto, with --preset paper off)";
  return new Option("--detail <PIXELS>", what).argParser(detail);
}

/** `--cache`: where embedded images are kept. */
export function cacheOption(): Option {
  return new Option(
    "--cache <DIR>",
    "where to keep what the network has seen, for the next run; off: nowhere (default: the user's cache folder)",
  )
    .env("ANOMALY_CLUSTER_CACHE");
}

/** `--cache-limit`: the largest size of the cache. */
export function cacheLimitOption(): Option {
  return new Option(
    "--cache-limit <SIZE>",
    "largest size of the cache, for example 500MB; what was used longest ago is deleted first",
  )
    .argParser(byteCount).default(4e9, "4GB");
}

/** `--epochs`: how long a clusterer is trained. */
export function epochsOption(): Option {
  return new Option(
    "--epochs <N>",
    "how often a --cluster method that trains goes through the images (default: the method's)",
  )
    .argParser(wholeNumber(1));
}

/** `--patience`: when a training ends early. */
export function patienceOption(): Option {
  return new Option(
    "--patience <N>",
    "end a training after this many epochs without a lower loss; 0: never early",
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
    .option("--queue-tls-ca <FILE>", "connect by TLS; PEM file of the authority that signed the server's certificate");
}
