// The npm package as its users have it, and other runtimes, each from the registry: installed once into .runtimes/.

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildPackage } from "../../../tools/build_npm.ts";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = join(ROOT, ".runtimes");

/** What only these tests need, in versions of which all cells of docs/runtimes.md are true. */
const TOOLS = { bun: "1.4.5", esbuild: "0.28.2", node: "24.21.0", workerd: "1.20261117.1" };

/** Runs a program and gives what it prints; fails with what it complains of. */
export async function output(program: string, args: readonly string[], cwd = ROOT): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], { cwd, maxBuffer: 1 << 26 });
  return stdout;
}

/** The registry is not within reach, or lacks something. */
export class NotInstalled extends Error {}

/** A folder where npm has installed `dependencies`, and nothing else. Does nothing where it has before. */
function installed(name: string, dependencies: Record<string, string>, stamp: string): string {
  const folder = join(FOLDER, name);
  if (stampOf(name) === stamp) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  try {
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: "pipe" });
  } catch (error) {
    throw new NotInstalled(error instanceof Error ? error.message : String(error));
  }
  writeFileSync(join(folder, STAMP), stamp);
  return folder;
}

/** The file that says what a folder was installed from. */
const STAMP = "installed";

function stampOf(name: string): string | undefined {
  const file = join(FOLDER, name, STAMP);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Builds and packs the package: the tarball. */
export function packed(): string {
  const built = join(FOLDER, "npm");
  buildPackage(built);
  for (const file of readdirSync(FOLDER)) if (file.endsWith(".tgz")) rmSync(join(FOLDER, file));
  execFileSync("npm", ["pack", built, "--silent"], { cwd: FOLDER });
  return join(FOLDER, readdirSync(FOLDER).find((file) => file.endsWith(".tgz"))!);
}

/** A folder in which the tarball is installed; as it was left, where nothing that goes into it has changed since. */
export function consumer(): string {
  const hash = createHash("sha256");
  for (const file of filesBelow("src", "tools", "models", ".").filter((file) => /\.(ts|js|css|json)$/.test(file))) {
    hash.update(file).update(readFileSync(join(ROOT, file)));
  }
  const stamp = hash.digest("hex");
  const isThere = stampOf("consumer") === stamp;
  return isThere
    ? join(FOLDER, "consumer")
    : installed("consumer", { "@anomalies/cluster": `file:${packed()}` }, stamp);
}

/** Paths from the root of all files in folders, and of those beside deno.json. */
function filesBelow(...folders: string[]): string[] {
  return folders.flatMap((folder) => {
    const entries = readdirSync(join(ROOT, folder), { recursive: folder !== ".", withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => relative(ROOT, join(parentPath, name))).sort();
  });
}

/** A folder with a bundler and the other runtimes. */
export function tools(): string {
  return installed("tools", TOOLS, JSON.stringify(TOOLS));
}

/** A program in a folder's node_modules/.bin. */
export function program(folder: string, name: string): string {
  return join(folder, "node_modules/.bin", name);
}

/** Bundles a module that imports the installed package; gives its text. */
export async function bundle(
  consumerFolder: string,
  toolsFolder: string,
  source: string,
  options: readonly string[] = [],
): Promise<string> {
  const entry = join(consumerFolder, `entry-${createHash("sha256").update(source).digest("hex").slice(0, 8)}.js`);
  writeFileSync(entry, source);
  const args = [entry, "--bundle", "--minify", "--format=esm", "--log-level=error", ...options];
  return await output(program(toolsFolder, "esbuild"), args, consumerFolder);
}
