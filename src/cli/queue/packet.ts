// Packs JSON and bytes into one object.

import { AnomalyClusterError } from "../../errors.ts";

/** The content of a packet. */
export interface Packet<T> {
  readonly json: T;
  /** A view on the packet's own memory, not a copy. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Makes a packet: the length of the JSON in 32 bits, the JSON, the bytes. */
export function packet(json: unknown, bytes: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(JSON.stringify(json));
  const whole = new Uint8Array(4 + head.length + bytes.length);
  new DataView(whole.buffer).setUint32(0, head.length, true);
  whole.set(head, 4);
  whole.set(bytes, 4 + head.length);
  return whole;
}

/** Unpacks a packet. Throws `queue-failed` if it is damaged. */
export function unpacket<T>(whole: Uint8Array<ArrayBuffer>): Packet<T> {
  try {
    const length = new DataView(whole.buffer, whole.byteOffset, whole.byteLength).getUint32(0, true);
    const json = JSON.parse(new TextDecoder().decode(whole.subarray(4, 4 + length)));
    return { json, bytes: whole.subarray(4 + length) };
  } catch (cause) {
    throw new AnomalyClusterError("queue-failed", "an object of the queue is damaged", { cause });
  }
}
