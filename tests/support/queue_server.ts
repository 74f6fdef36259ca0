// Starts a real NATS server on loopback, with a store of its own, and real workers.

import assert from "node:assert/strict";
import { join } from "node:path";
import { NATS } from "./needs.ts";
import { PROGRAM, start } from "./program.ts";

/** A server that can be killed and started again with the same store. */
export class TestServer {
  #child?: Deno.ChildProcess;

  private constructor(readonly folder: string, readonly port: number, readonly settings: string) {}

  /** Starts a server. `settings` and `jetstream` are further lines of its configuration. */
  static async start(folder: string, settings = "", jetstream = ""): Promise<TestServer> {
    const port = freePort();
    Deno.writeTextFileSync(
      join(folder, "nats.conf"),
      `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: "${join(folder, "store")}"\n${jetstream} }\n${settings}`,
    );
    const server = new TestServer(folder, port, settings);
    await server.restart();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts the server, for the first time or after {@linkcode kill}. */
  async restart(): Promise<void> {
    this.#child = new Deno.Command(NATS.get(), {
      args: ["-c", join(this.folder, "nats.conf")],
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let tries = 0; tries < 100; tries++) {
      try {
        (await Deno.connect({ port: this.port })).close();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    assert.fail("nats-server did not start");
  }

  /** Kills the server as a power cut would. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A running program whose messages can be read. */
export class Running {
  #text = "";
  #out = "";
  readonly #reading: Promise<unknown>;
  readonly #status: Promise<Deno.CommandStatus>;
  #isOver = false;

  constructor(readonly child: Deno.ChildProcess) {
    const read = async (stream: ReadableStream<Uint8Array>, take: (text: string) => void) => {
      for await (
        const text of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      ) {
        take(text);
      }
    };
    this.#reading = Promise.all([
      read(child.stderr, (text) => this.#text += text),
      read(child.stdout, (text) => this.#out += text),
    ]);
    this.#status = child.status.finally(() => this.#isOver = true);
  }

  /** What the program has written to standard error so far. */
  get text(): string {
    return this.#text;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Waits until the program has written something that matches. */
  async says(what: RegExp, seconds = 60): Promise<void> {
    for (let waited = 0; !what.test(this.#text); waited += 20) {
      assert(waited < seconds * 1000 && !(this.#isOver && waited > 1000), `never said ${what}:\n${this.#text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  kill(signal: Deno.Signal = "SIGKILL"): void {
    if (this.#isOver) return;
    try {
      this.child.kill(signal);
    } catch {
      // It had ended already.
    }
  }

  /** Waits for the end of the program. Fails if a stack trace reached the user. */
  async end(): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code } = await this.#status;
    await this.#reading;
    assert(!/^\s+at .*:\d+:\d+/m.test(this.#text), `a stack trace reached the user:\n${this.#text}`);
    return { code, stdout: this.#out, stderr: this.#text };
  }
}

/** The commands that the tasks run, with the same permissions. */
const [deno, , ...REST] = PROGRAM;
const COORDINATOR = [deno, "run", "--allow-net", ...REST];
const WORKER = [deno, "run", "--quiet", "--allow-read", "--allow-env", "--allow-sys", "--allow-net"];

/** Starts `cluster --queue`. */
export function coordinator(url: string, folder: string, ...args: string[]): Running {
  return new Running(start([...COORDINATOR, "cluster", folder, "--queue", url, ...args]));
}

/** Starts a worker. `script` replaces the program. */
export function worker(url: string, script = "cli.ts", ...args: string[]): Running {
  return new Running(start([...WORKER, script, "worker", "--queue", url, ...args]));
}

/** Starts `status --queue`. */
export function status(url: string, ...args: string[]): Running {
  return new Running(
    start([
      deno,
      "run",
      "--quiet",
      "--allow-read",
      "--allow-env",
      "--allow-net",
      "cli.ts",
      "status",
      "--queue",
      url,
      ...args,
    ]),
  );
}
