// Downloads a file of a repository over HTTP, as the hub serves it: GET ENDPOINT/OWNER/NAME/resolve/REVISION/PATH.

import { createHash } from "node:crypto";
import { clearTimeout, setTimeout } from "node:timers";
import { joinedBytes } from "../../../bytes.ts";
import { AnomalyClusterError } from "../../../errors.ts";
import { startStage } from "../../system/progress.ts";
import { variable } from "../../system/variable.ts";
import { hubAddress, hubEndpoint, type HubReference } from "./reference.ts";

/** A downloaded file. */
export interface Downloaded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly sha256: string;
  /** The commit that the revision stands for; absent if the server does not say. */
  readonly commit?: string;
}

/** A server counts as silent after so many milliseconds without a byte. */
const PATIENCE = 60_000;

const MOST_REDIRECTS = 5;

/** Progress is shown for files with more bytes than this. */
const WORTH_SHOWING = 5e6;

/**
 * Downloads a file; `undefined` if the repository has no file of this path.
 *
 * @throws {AnomalyClusterError} `bad-model` if it cannot be downloaded or arrives damaged. The message says what to do.
 */
export async function download(reference: HubReference, path: string): Promise<Downloaded | undefined> {
  const { repository, revision, endpoint = hubEndpoint() } = reference;
  const name = hubAddress({ ...reference, file: undefined });
  const url = `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${
    path.split("/").map(encodeURIComponent).join("/")
  }`;
  if (!URL.canParse(url)) throw failure(`HF_ENDPOINT ${endpoint} is no address: set it to one as https://HOST`);
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), PATIENCE);
  };
  try {
    heard();
    const { answer, facts } = await follow(new URL(url), silence.signal);
    if (!answer.ok) {
      await answer.body?.cancel();
      return refused(answer, facts, reference, name);
    }
    const size = Number(answer.headers.get("content-length")) || undefined;
    const isPlain = !answer.headers.get("content-encoding"); // Otherwise the length is that of the compressed data.
    const stage = size && size > WORTH_SHOWING
      ? startStage(`Downloading ${path.split("/").at(-1)}, MB`, Math.ceil(size / 1e6))
      : undefined;
    const hash = createHash("sha256");
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of answer.body ?? []) {
      heard();
      hash.update(part);
      parts.push(part);
      length += part.length;
      stage?.update(Math.floor(length / 1e6));
    }
    const bytes = joinedBytes(parts);
    stage?.end();
    const sha256 = hash.digest("hex");
    if (
      size !== undefined && isPlain && bytes.length !== size || facts.sha256 !== undefined && facts.sha256 !== sha256
    ) {
      throw failure(
        `${path} of ${name} came damaged, ${bytes.length} bytes by SHA-256 ${sha256.slice(0, 12)}…: try again`,
      );
    }
    return { bytes, sha256, ...(facts.commit && { commit: facts.commit }) };
  } catch (cause) {
    if (cause instanceof AnomalyClusterError) throw cause;
    throw unreachable(cause, silence.signal.aborted, new URL(url).host, path, name);
  } finally {
    clearTimeout(timer);
  }
}

/** What HTTP headers say about a file. They may come from the hub itself or from a server that it redirects to. */
interface Facts {
  readonly commit?: string;
  /** SHA-256 of a large file. */
  readonly sha256?: string;
  readonly error?: string;
}

/** Follows redirects by hand, because only the first answer names the commit. */
async function follow(start: URL, signal: AbortSignal): Promise<{ readonly answer: Response; readonly facts: Facts }> {
  const token = variable("HF_TOKEN");
  let facts: Facts = {};
  let url = start;
  for (let hop = 0;; hop++) {
    const headers = { ...(token && url.origin === start.origin && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(url, { redirect: "manual", signal, headers });
    facts = { ...factsOf(answer), ...facts };
    const next = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || next === null || hop === MOST_REDIRECTS) {
      return { answer, facts };
    }
    await answer.body?.cancel();
    url = new URL(next, url);
  }
}

function factsOf({ headers }: Response): Facts {
  const [, sha256] = headers.get("x-linked-etag")?.match(/^(?:W\/)?"?([0-9a-f]{64})"?$/) ?? [];
  const commit = headers.get("x-repo-commit")?.match(/^[0-9a-f]{40}$/)?.[0];
  const error = headers.get("x-error-code");
  return { ...(commit && { commit }), ...(sha256 && { sha256 }), ...(error && { error }) };
}

/** Returns `undefined` if the file does not exist. Throws for every other refusal. */
function refused({ status }: Response, { error }: Facts, reference: HubReference, name: string): undefined {
  const { endpoint = hubEndpoint(), repository, revision } = reference;
  if (error === "RevisionNotFound") {
    throw failure(
      `${endpoint}/${repository} has no revision ${revision}: name a branch, a tag or a commit that it has`,
    );
  }
  if (status === 401 || status === 403 || error === "RepoNotFound") {
    const login = "where it wants a login set HF_TOKEN to an access token that may read it";
    throw failure(`${endpoint} has no repository ${repository} that may be read: look at its name, or ${login}`);
  }
  if (status === 404) return undefined;
  const reason = status === 429 ? "asks for fewer requests" : `answers ${status}`;
  throw failure(`${name} cannot be downloaded, ${endpoint} ${reason}: try again later`);
}

function unreachable(cause: unknown, isSilent: boolean, host: string, path: string, name: string): AnomalyClusterError {
  const { name: kind, message } = cause as Error;
  if (kind === "NotCapable") {
    const [, to = host] = message.match(/net access to "([^"]+)"/) ?? [];
    return failure(
      `${name} is not in the cache and this command may not connect to ${to}: run deno task network ${name} first`,
      cause,
    );
  }
  const reason = isSilent ? `has been silent for ${PATIENCE / 1000} s` : "cannot be reached, or broke off";
  const way = "try again with a connection, or set HF_ENDPOINT to where the hub is within reach";
  return failure(`${path} of ${name} cannot be downloaded, ${host} ${reason}: ${way}`, cause);
}

function failure(message: string, cause?: unknown): AnomalyClusterError {
  return new AnomalyClusterError("bad-model", message, { cause });
}
