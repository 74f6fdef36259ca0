// Reads a file of this package in Node, Bun and Deno.

export { readFile } from "node:fs/promises";
