// Node and Bun: node node.js IMAGES…

import { readFile } from "node:fs/promises";
import { DEFAULT_MODEL } from "@anomalies/cluster";
import { group } from "./group.js";

const files = await Promise.all(process.argv.slice(2).map((file) => readFile(file)));
console.log(JSON.stringify(await group(files, { model: await readFile(DEFAULT_MODEL) })));
