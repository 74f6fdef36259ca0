// Connects to the queue's server that options name.

import { fromUser } from "../options/arguments.ts";
import { fileBytes } from "../system/file_bytes.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { QueueServer, type ServerHooks } from "./server.ts";

/** Options of all commands that use a queue's server. */
export interface ServerOptions {
  readonly queue: string;
  readonly queueCreds?: string;
  readonly queueTlsCa?: string;
}

/** Connects to the server. Throws `bad-argument`, `queue-failed`. */
export async function connectQueue(options: ServerOptions, hooks: ServerHooks): Promise<QueueServer> {
  const { queue, queueCreds, queueTlsCa } = options;
  const [creds, ca] = [await contents("--queue-creds", queueCreds), await contents("--queue-tls-ca", queueTlsCa)];
  return await QueueServer.connect(
    { url: queue, ...(creds && { creds }), ...(ca && { ca: new TextDecoder().decode(ca) }) },
    hooks,
  );
}

async function contents(option: string, file: string | undefined): Promise<Uint8Array | undefined> {
  if (file === undefined) return undefined;
  return await fileBytes(fromUser(file)).catch((cause) => {
    throw new AnomalyClusterError("bad-argument", `${option} ${file} cannot be read`, { cause });
  });
}
