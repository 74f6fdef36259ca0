// Computes the hash by which a content security policy allows one inline script.

import { toBase64 } from "../runtime/portable.ts";

/** Returns the source expression, without its quotes, for exactly this text between `<script>` and `</script>`. */
export async function scriptHash(script: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  return `sha256-${toBase64(new Uint8Array(digest))}`;
}
