// A stand-in for the Hugging Face hub on loopback. It serves the exports in tests/data/hub/ as the hub does.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./program.ts";

/** Folder of the exports, which are served as repositories `test/NAME`. */
export const EXPORTS = join(PROJECT, "tests/data/hub");

/** Returns an export's image and what PyTorch returned for it: see tools/make_hub_exports.py. */
export function referenceOf(name: string): { pixels: Uint8Array; expected: Float32Array } {
  return {
    pixels: readFileSync(join(EXPORTS, `${name}.pixels`)),
    expected: new Float32Array(new Uint8Array(readFileSync(join(EXPORTS, `${name}.expected`))).buffer),
  };
}

const ETAG = /\.onnx(_data)?$/;

/** The stand-in for the hub. */
export class HubServer {
  /** Paths that were requested, in order. */
  readonly asked: string[] = [];
  /** Replaces the answer to a path. If it returns nothing, the usual answer is sent. */
  fault?: (path: string) => Response | undefined;
  /** The commit that `main` points to. */
  commit = "1".repeat(40);
  /** Contents served instead of files of {@linkcode EXPORTS}. */
  readonly files = new Map<string, Uint8Array | string>();
  /** Whether the server sends commits and digests, as the hub does, or only files. */
  tells = true;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      const { pathname } = new URL(request.url);
      this.asked.push(pathname);
      return this.fault?.(pathname) ?? this.#answer(pathname);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer(pathname: string): Response {
    const error = (status: number, code: string) => new Response(code, { status, headers: { "x-error-code": code } });
    if (pathname.startsWith("/storage/")) return new Response(this.#file(pathname.slice("/storage/".length))!.slice());
    const [, owner, name, revision, path] = pathname.match(/^\/([^/]+)\/([^/]+)\/resolve\/([^/]+)\/(.+)$/) ?? [];
    if (owner !== "test" || !existsSync(join(EXPORTS, name))) return error(401, "RepoNotFound");
    if (!["main", this.commit, "1".repeat(40)].includes(revision)) return error(404, "RevisionNotFound");
    const bytes = this.#file(`${name}/${path}`);
    if (!bytes) return error(404, "EntryNotFound");
    if (!this.tells) return new Response(bytes.slice());
    const headers = { "x-repo-commit": revision === "main" ? this.commit : revision };
    if (!ETAG.test(path)) return new Response(bytes.slice(), { headers });
    // Large files are served from another address. Only the hub's own answer has the commit and the digest.
    const digest = createHash("sha256").update(bytes).digest("hex");
    return new Response(null, {
      status: 302,
      headers: { ...headers, "x-linked-etag": `"${digest}"`, location: `/storage/${name}/${path}` },
    });
  }

  #file(path: string): Uint8Array | undefined {
    const other = this.files.get(path);
    if (other !== undefined) return typeof other === "string" ? new TextEncoder().encode(other) : other;
    const file = join(EXPORTS, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  }
}
