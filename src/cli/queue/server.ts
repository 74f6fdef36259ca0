// Connects to a NATS server with JetStream. The client's packages are loaded with the first connection.

import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { Kvm } from "@nats-io/kv";
import type { Objm } from "@nats-io/obj";
import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import { AnomalyClusterError } from "../../errors.ts";

/** Address of a server, and credentials for it. */
export interface ServerAddress {
  /** `nats://` or `tls://` and a host; perhaps with a port, and `user:password@` or `token@`. */
  readonly url: string;
  /** Contents of a credentials file. */
  readonly creds?: Uint8Array;
  /** Certificates of authorities, as PEM. If given, the connection uses TLS. */
  readonly ca?: string;
}

/** How a connection reports that it waits, and how long it waits. */
export interface ServerHooks {
  readonly tell: (sentence: string) => void;
  /** Ends all waiting when it aborts. */
  readonly signal?: AbortSignal;
  /** Waits without limit for a server that does not answer yet, instead of throwing an error. */
  readonly patient?: boolean;
}

/** Shorter silences of the server, in milliseconds, are not reported. */
const QUIET = 1500;

/** Longest pause between two tries, in milliseconds. */
const LONGEST_PAUSE = 1000;

/** JetStream's error codes for a full store: of the server, of its account, of a stream. */
const FULL = [10023, 10028, 10047, 10077];

/** JetStream's error codes for streams, consumers and the like that do not exist. */
const GONE = [10014, 10059];

/** JetStream's error codes for messages that do not exist. */
const MISSING = [10037, 10043, 10057];

/** JetStream's error codes for a server that starts or stops. */
const NOT_READY = [10008, 10039, 10074, 10076];

/** Names of errors that go away when the server answers again. */
const PASSING = ["TimeoutError", "NoResponders", "NoRespondersError", "RequestError", "ConnectionError"];

/** A connected server. */
export class QueueServer {
  readonly #hooks: ServerHooks;

  private constructor(
    /** Host and port for messages, without the user and password in the address. */
    readonly place: string,
    readonly connection: NatsConnection,
    readonly streams: JetStreamManager,
    readonly client: JetStreamClient,
    readonly objects: Objm,
    readonly values: Kvm,
    hooks: ServerHooks,
  ) {
    this.#hooks = hooks;
  }

  /** Connects to a server. Throws `queue-failed`, and `bad-argument` for a wrong address. */
  static async connect(address: ServerAddress, hooks: ServerHooks): Promise<QueueServer> {
    const { place, options } = connectionOptions(address);
    const [{ connect, credsAuthenticator }, { jetstream, jetstreamManager }, { Kvm }, { Objm }] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
      import("@nats-io/kv"),
      import("@nats-io/obj"),
    ]);
    const authenticator = address.creds && credsAuthenticator(address.creds);
    const open = async () => {
      const connection = await connect({ ...options, ...(authenticator && { authenticator }) });
      try {
        const streams = await jetstreamManager(connection);
        await streams.getAccountInfo();
        return { connection, streams };
      } catch (error) {
        await connection.close();
        throw error;
      }
    };
    // A server that restarts is back within a moment, so some tries are made in any case.
    const until = hooks.patient ? Infinity : performance.now() + QUIET;
    const { connection, streams } = await persist(open, place, hooks, (error) => {
      return isRefusedConnection(error) && performance.now() < until;
    });
    return new QueueServer(
      place,
      connection,
      streams,
      jetstream(connection),
      new Objm(connection),
      new Kvm(connection),
      hooks,
    );
  }

  /** Repeats `work` until the server answers. Throws `queue-failed` for errors that will not go away by waiting. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    return await persist(work, this.place, this.#hooks, (error) => isPassing(error) && !this.connection.isClosed());
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

/** Whether an error says that the server's store is full. */
export function isFull(error: unknown): boolean {
  return causes(error).some((one) => FULL.includes(codeOf(one)));
}

/** Whether an error says that a stream, consumer or store does not exist. */
export function isGone(error: unknown): boolean {
  return causes(error).some((one) => GONE.includes(codeOf(one)) || /object store not found/.test(messageOf(one)));
}

/** Whether an error says that a message does not exist. */
export function isMissing(error: unknown): boolean {
  return causes(error).some((one) => MISSING.includes(codeOf(one)));
}

function isPassing(error: unknown): boolean {
  if (isFull(error) || isGone(error) || isMissing(error)) return false;
  return causes(error).some((one) => PASSING.includes(nameOf(one)) || NOT_READY.includes(codeOf(one)));
}

function isRefusedConnection(error: unknown): boolean {
  if (causes(error).some((one) => /Authorization|Permission|Authentication/.test(nameOf(one)))) return false;
  return isPassing(error) ||
    causes(error).some((one) => /REFUSED|NOTFOUND|HOSTUNREACH|RESET|TIMEDOUT/.test(codeText(one)));
}

async function persist<T>(
  work: () => Promise<T>,
  place: string,
  { tell, signal }: ServerHooks,
  passes: (error: unknown) => boolean,
): Promise<T> {
  const started = performance.now();
  let told = false;
  for (let pause = 50;; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      const result = await work();
      if (told) tell(`the server at ${place} answers again`);
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      if (!passes(error)) throw named(error, place);
      if (!told && performance.now() - started > QUIET) {
        tell(`the server at ${place} does not answer: waiting for it`);
        told = true;
      }
      await sleep(pause, signal);
    }
  }
}

/** Waits. Ends early, without an error, when the signal aborts. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}

/** Turns any error into one whose message describes what is wrong with the server. */
function named(error: unknown, place: string): Error {
  if (error instanceof AnomalyClusterError) return error;
  return new AnomalyClusterError("queue-failed", sentenceOf(error, place), { cause: error });
}

function sentenceOf(error: unknown, place: string): string {
  const all = causes(error);
  const is = (...names: string[]) => all.some((one) => names.includes(nameOf(one)));
  if (is("AuthorizationError", "UserAuthenticationExpiredError")) {
    return `the server at ${place} refuses these credentials: give user:password@ in --queue, or --queue-creds FILE`;
  }
  if (is("PermissionViolationError")) {
    return `the server at ${place} does not allow this user to use JetStream: widen its permissions`;
  }
  if (is("JetStreamNotEnabled") || all.some((one) => [10039, 10076].includes(codeOf(one)))) {
    return `the server at ${place} runs without JetStream: start it with nats-server -js`;
  }
  if (isFull(error)) {
    return `the store of the server at ${place} is full: raise its max_file_store, or end jobs by status --end`;
  }
  if (isGone(error)) return `the job is gone from the server at ${place}: run the command again`;
  if (all.some((one) => /NotCapable|PermissionDenied/.test(nameOf(one)))) {
    return `${place} cannot be connected to without --allow-net=${place}`;
  }
  if (all.some((one) => /certificate|tls|ssl/i.test(messageOf(one)))) {
    return `the server at ${place} is not trusted (${
      messageOf(all.at(-1))
    }): name its authority by --queue-tls-ca FILE`;
  }
  if (isRefusedConnection(error)) {
    return `no NATS server answers at ${place}: start one with nats-server -js, or name another by --queue`;
  }
  return `the server at ${place} fails: ${messageOf(all.at(-1))}`;
}

function causes(error: unknown): unknown[] {
  const all: unknown[] = [];
  for (let one = error; one !== undefined && one !== null && all.length < 8; one = (one as Error).cause) all.push(one);
  return all;
}

const nameOf = (error: unknown) => String((error as Error)?.name ?? "");
const messageOf = (error: unknown) => String((error as Error)?.message ?? error);
const codeOf = (error: unknown) => Number((error as { code?: unknown })?.code ?? 0);
const codeText = (error: unknown) => `${(error as { code?: unknown })?.code ?? ""} ${messageOf(error)}`;

/** Parses the address into options of the connection. */
function connectionOptions({ url, ca }: ServerAddress): { place: string; options: ConnectionOptions } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !["nats:", "tls:"].includes(parsed.protocol) || parsed.hostname === "") {
    throw new AnomalyClusterError("bad-argument", "--queue takes an address as nats://HOST:4222, or tls://HOST:4222");
  }
  const place = `${parsed.hostname}:${parsed.port || 4222}`;
  const [user, pass] = [parsed.username, parsed.password].map(decodeURIComponent);
  return {
    place,
    options: {
      servers: place,
      ...(user && (pass ? { user, pass } : { token: user })),
      ...((ca !== undefined || parsed.protocol === "tls:") && { tls: ca === undefined ? {} : { ca } }),
      name: "anomaly-cluster",
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      timeout: 5000,
      // A machine that disappears without closing the connection is noticed within 20 seconds.
      pingInterval: 10_000,
      maxPingOut: 2,
    },
  };
}
