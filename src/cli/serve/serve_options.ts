// Declares the options of `serve`, for the command line and its help.

import type { Command } from "commander";
import { oneOf, wholeNumber } from "../options/arguments.ts";
import { namesOf, PRESET_LINES } from "../options/methods.ts";
import { serveCommand } from "./serve_command.ts";

/** Adds the command to the program. */
export function addServe(root: Command): void {
  root.command("serve")
    .exitOverride()
    .description("Serve grouping over HTTP, with a page to upload images on: docs/serve.md.")
    .option("--port <N>", "port to listen on; 0 takes a free one", wholeNumber(0), 8080)
    .option("--host <ADDRESS>", "address to listen on; 0.0.0.0 for every network of this machine", "127.0.0.1")
    .option("--preset <NAME>", "preset of requests that choose none", oneOf(...namesOf(PRESET_LINES)), "default")
    .option("--model <FILE>", "another network (as of cluster) in place of the presets' own")
    .option("--max-megabytes <N>", "largest upload, and what a zip may unpack to", wholeNumber(1), 200)
    .option("--max-images <N>", "most images of a request", wholeNumber(1), 500)
    .option("--max-megapixels <N>", "largest image; larger ones are left out", wholeNumber(1), 50)
    .option("--max-seconds <N>", "longest time of a request, from its turn on", wholeNumber(1), 300)
    .option("--max-concurrent <N>", "requests that upload or work at a time", wholeNumber(1), 2)
    .option(
      "--max-queue <N>",
      "requests that wait for their turn; further ones are told to come later",
      wholeNumber(0),
      8,
    )
    .option("--grace <SECONDS>", "how long a signal lets requests in work go on", wholeNumber(0), 10)
    .option("--names", "log the names of images too")
    .action(serveCommand);
}
