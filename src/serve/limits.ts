// What one client may ask of the service.

/** Limits of {@linkcode createHandler}. Each is a whole number, at least 1; `queue` may be 0. */
export interface Limits {
  /** Bytes in a request's body, and in the unpacked files of a zip. @default 200,000,000 */
  readonly bytes: number;
  /** Images in a request. @default 500 */
  readonly images: number;
  /** Pixels in an image. Larger images are left out and named in the warnings. @default 50,000,000 */
  readonly pixels: number;
  /** Seconds from the end of a request's wait in the queue to its answer, including the upload. @default 300 */
  readonly seconds: number;
  /** Requests that upload or work at the same time. @default 2 */
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

/** A file in a zip may unpack to at most so many times its packed size. Images come to 3 times at most. */
export const MOST_RATIO = 100;
