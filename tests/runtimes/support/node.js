// Node and Bun: node node.js IMAGES…

import { readFile } from "node:fs/promises";
import { group } from "./group.js";

console.log(JSON.stringify(await group(await Promise.all(process.argv.slice(2).map((file) => readFile(file))))));
