// What one client may ask of the service.

/** Limits of {@linkcode createHandler}; each is a whole number from 1 on, `queue` from 0 on. */
export interface Limits {
  /** Bytes of a request's body, and of what a zip unpacks to. @default 200,000,000 */
  readonly bytes: number;
  /** Images of a request. @default 500 */
  readonly images: number;
  /** Pixels of an image; larger ones are left out and named in the warnings. @default 50,000,000 */
  readonly pixels: number;
  /** Seconds from a request's turn in the queue to its answer, its upload among them. @default 300 */
  readonly seconds: number;
  /** Requests that upload or work at a time. @default 2 */
  readonly concurrent: number;
  /** Requests that wait for their turn. @default 8 */
  readonly queue: number;
}

export const DEFAULT_LIMITS: Limits = {
  bytes: 200e6,
  images: 500,
  pixels: 50e6,
  seconds: 300,
  concurrent: 2,
  queue: 8,
};

/** How many times its packed size a file of a zip may have; images in zips come to 3 at most. */
export const MOST_RATIO = 100;
