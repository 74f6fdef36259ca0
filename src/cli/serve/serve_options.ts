// Declares the options of `serve`, for the command line and its help.

import type { Command } from "commander";
import { oneOf, wholeNumber } from "../options/arguments.ts";
import { namesOf, PRESET_LINES } from "../options/methods.ts";
import { serveCommand } from "./serve_command.ts";

/** Adds the command to the program. */
export function addServe(root: Command): void {
  root.command("serve")
    .exitOverride()
    .description("Group images over HTTP, with a page to choose them on: docs/serve.md.")
    .option("--port <N>", "port to listen on; 0 takes a free one", wholeNumber(0), 8080)
    .option("--host <ADDRESS>", "address to listen on; 0.0.0.0: all networks that this machine is in", "127.0.0.1")
    .option("--preset <NAME>", "preset of requests that name none", oneOf(...namesOf(PRESET_LINES)), "default")
    .option("--model <FILE>", "use another network in place of the presets' own (as --model of cluster)")
    .option("--max-megabytes <N>", "largest upload, and largest content of a zip", wholeNumber(1), 200)
    .option("--max-images <N>", "most images in a request", wholeNumber(1), 500)
    .option("--max-megapixels <N>", "largest image; larger ones are left out", wholeNumber(1), 50)
    .option("--max-seconds <N>", "longest time for a request, from its turn to its answer", wholeNumber(1), 300)
    .option("--max-concurrent <N>", "how many requests upload or work at the same time", wholeNumber(1), 2)
    .option(
      "--max-queue <N>",
      "how many requests wait for their turn; further ones are told to try again later",
      wholeNumber(0),
      8,
    )
    .option("--grace <SECONDS>", "how long requests in progress may go on after Ctrl+C", wholeNumber(0), 10)
    .option("--names", "also log the names of images")
    .action(serveCommand);
}
