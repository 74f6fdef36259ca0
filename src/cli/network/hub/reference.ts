// Parses the name of a network of the Hugging Face hub: hf:OWNER/NAME, perhaps with @REVISION and /FILE, or an address.

import { AnomalyClusterError } from "../../../errors.ts";
import { variable } from "../../system/variable.ts";

/** Names the file of a network in a repository. */
export interface HubReference {
  /**
   * The server of the repository, if it is not {@linkcode hubEndpoint}: the start of an address, without `/` at its
   * end.
   */
  readonly endpoint?: string;
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** Path of the ONNX file. @default `onnx/model.onnx` or `model.onnx` */
  readonly file?: string;
}

const PUBLIC_HUB = "https://huggingface.co";
const FORM = "write hf:OWNER/NAME, hf:OWNER/NAME@REVISION or hf:OWNER/NAME/onnx/FILE.onnx, or the repository's address";

/** Address of the hub: HF_ENDPOINT, as for Hugging Face's own programs, or else the public hub. */
export function hubEndpoint(): string {
  return variable("HF_ENDPOINT")?.replace(/\/+$/, "") ?? PUBLIC_HUB;
}

/** Whether a text names a network on a server, not a path. */
export function isHubAddress(text: string): boolean {
  return /^(hf:|https?:\/\/)/i.test(text);
}

/** Parses a name or address. Throws `bad-argument` if it names no repository or no ONNX file. */
export function hubReference(text: string): HubReference {
  const wrong = () =>
    new AnomalyClusterError("bad-argument", `--model ${text} names no repository of the hub: ${FORM}`);
  const [, short] = text.match(/^hf:(?:\/\/)?(.*)$/i) ?? [];
  let found: HubReference;
  if (short !== undefined) {
    // As in Hugging Face's own paths, revisions of pull requests contain slashes.
    const [, repository, revision = "main", file] =
      short.match(/^([^/@]+\/[^/@]+)(?:@(refs\/(?:pr|convert)\/[^/]+|[^/]+))?(?:\/(.*))?$/) ?? [];
    found = { repository, revision: decoded(revision) ?? "", ...(file && { file }) };
  } else {
    found = inAddress(text) ?? { repository: "", revision: "" };
  }
  const { repository, revision, file } = found;
  const isName = (part: string) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part);
  const names = repository?.split("/") ?? [];
  if (names.length !== 2 || !names.every(isName) || !revision.split("/").every(isName)) throw wrong();
  if (file !== undefined && !(file.split("/").every((part) => part && !/^\.+$|[\\:]/.test(part)))) throw wrong();
  if (file !== undefined && !/\.onnx$/i.test(file)) {
    throw new AnomalyClusterError("bad-argument", `--model ${text}: ${file} is no ONNX file, whose name ends in .onnx`);
  }
  return found;
}

/** Parses an address as browsers show it: of a repository, a folder in it, or a file. */
function inAddress(text: string): HubReference | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname } = new URL(text);
  const hub = hubEndpoint();
  const own = [hub, PUBLIC_HUB, "https://hf.co"].find((one) => `${origin}${pathname}/`.startsWith(`${one}/`));
  const path = own ? `${origin}${pathname}`.slice(own.length) : pathname;
  const parts = path.split("/").filter(Boolean).map((part) => decoded(part) ?? "");
  const [owner, name, , revision = "main", ...rest] = parts;
  const isBelow = parts.length > 2;
  if (isBelow && !/^(tree|blob|resolve|raw)$/.test(parts[2])) return undefined;
  const file = rest.join("/");
  return {
    // An address of the public hub means the hub, even if HF_ENDPOINT names a mirror.
    ...(own === undefined && { endpoint: origin }),
    repository: `${owner}/${name}`,
    revision,
    ...(/\.onnx$/i.test(file) && { file }),
  };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Turns a reference into a text that {@linkcode hubReference} can read. */
export function hubAddress({ endpoint, repository, revision, file }: HubReference): string {
  const path = file?.split("/").map(encodeURIComponent).join("/");
  if (endpoint !== undefined) {
    return `${endpoint}/${repository}/${path ? `resolve/${encodeURIComponent(revision)}/${path}` : `tree/${revision}`}`;
  }
  const at = revision === "main" ? "" : `@${revision.includes("/") ? encodeURIComponent(revision) : revision}`;
  return `hf:${repository}${at}${file === undefined ? "" : `/${file}`}`;
}
