// A stand-in for JSR on this machine: `deno publish` sends it the package as it would send it to JSR, with its imports
// rewritten, and Deno then takes `jsr:` specifiers from it. What JSR itself does with a package, it does not do.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { extname } from "node:path";
import { gunzipSync } from "node:zlib";
import config from "../../../deno.json" with { type: "json" };
import { ROOT } from "./installed.ts";

/** The registry, up until `stop`. */
export interface Registry {
  /** For the environment variable JSR_URL. */
  readonly url: string;
  /** Contents of the published files by path, as `/mod.ts`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Paths of the package that were asked for. */
  readonly asked: Set<string>;
  stop(): Promise<void>;
}

const PACKAGE = `/${config.name}`;
const TYPES: Record<string, string> = {
  ".ts": "text/typescript",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".css": "text/css",
};

/** Publishes the package to a registry of its own. */
export async function startRegistry(): Promise<Registry> {
  const files = new Map<string, Uint8Array>();
  const asked = new Set<string>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/api/")) return await published(request, pathname, files);
    asked.add(pathname);
    if (pathname === `${PACKAGE}/meta.json`) {
      return Response.json({ ...NAMES, latest: config.version, versions: { [config.version]: {} } });
    }
    if (pathname === `${PACKAGE}/${config.version}_meta.json`) return Response.json(versionOf(files));
    const file = pathname.slice(`${PACKAGE}/${config.version}`.length);
    const content = files.get(file);
    if (!content) return new Response("not found", { status: 404 });
    return new Response(content as BodyInit, { headers: { "content-type": TYPES[extname(file)] ?? "text/plain" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--token", "none", "--allow-dirty", "--no-provenance", "--no-check"],
    cwd: ROOT,
    env: { JSR_URL: url, NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return { url, files, asked, stop: () => server.shutdown() };
}

const [SCOPE, NAME] = config.name.slice(1).split("/");
const NAMES = { scope: SCOPE, name: NAME };

/** The registry's own interface: is the package there, is the version, and the version's files. */
async function published(request: Request, path: string, files: Map<string, Uint8Array>): Promise<Response> {
  if (request.method === "POST") {
    const archive = gunzipSync(new Uint8Array(await request.arrayBuffer()));
    for (const [file, content] of filesOfTar(archive)) files.set(file, content);
    return Response.json({ id: crypto.randomUUID(), status: "success", error: null });
  }
  if (path.includes("/versions/")) return Response.json({ code: "notFound", message: "none" }, { status: 404 });
  return Response.json(NAMES);
}

/** What Deno reads of a version: entry points, and sizes and checksums that it holds each file against. */
function versionOf(files: ReadonlyMap<string, Uint8Array>) {
  const manifest = [...files].map(([path, content]) => {
    return [path, { size: content.length, checksum: `sha256-${createHash("sha256").update(content).digest("hex")}` }];
  });
  return { manifest: Object.fromEntries(manifest), exports: config.exports };
}

/** Regular files of a tar archive: headers of 512 bytes (POSIX.1-1988 ustar: name, size, type, prefix), then contents. */
function* filesOfTar(archive: Uint8Array): Generator<[path: string, content: Uint8Array]> {
  const text = (from: number, length: number) => {
    return new TextDecoder().decode(archive.subarray(from, from + length)).replace(/\0.*$/s, "");
  };
  for (let at = 0; at < archive.length && archive[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const [name, prefix] = [text(at, 100), text(at + 345, 155)];
    const type = text(at + 156, 1);
    assert(type === "" || type === "0", `a file of the archive is of type ${type}`);
    yield [`/${(prefix ? `${prefix}/${name}` : name).replace(/^\.?\//, "")}`, archive.slice(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
