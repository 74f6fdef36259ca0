// Counts of what the service did, in the text format of Prometheus.

import type { PlaceQueue } from "./queue.ts";

/** Upper bounds of the histogram's buckets, in seconds. */
const BUCKETS = [0.1, 0.3, 1, 3, 10, 30, 100, 300];

/** Counts since the service started. */
export class Metrics {
  readonly #statuses = new Map<number, number>();
  readonly #buckets = BUCKETS.map(() => 0);
  #groupings = 0;
  #seconds = 0;
  #images = 0;

  /** Counts an answer. */
  answered(status: number): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }

  /** Counts a completed grouping. */
  grouped(images: number, seconds: number): void {
    this.#groupings++;
    this.#images += images;
    this.#seconds += seconds;
    BUCKETS.forEach((bound, at) => this.#buckets[at] += seconds <= bound ? 1 : 0);
  }

  /** Mean duration of a grouping, in seconds; 1 before the first one. */
  get meanSeconds(): number {
    return this.#groupings ? this.#seconds / this.#groupings : 1;
  }

  /** The answer to GET /metrics. */
  text({ taken, waiting }: PlaceQueue): string {
    const name = "anomaly_cluster";
    const statuses = [...this.#statuses].sort(([a], [b]) => a - b);
    return [
      ...head(`${name}_requests_total`, "counter", "Answered requests by HTTP status."),
      ...statuses.map(([status, count]) => `${name}_requests_total{status="${status}"} ${count}`),
      ...head(`${name}_in_flight`, "gauge", "Groupings that upload or work."),
      `${name}_in_flight ${taken}`,
      ...head(`${name}_queue`, "gauge", "Groupings that wait for their turn."),
      `${name}_queue ${waiting}`,
      ...head(`${name}_images_total`, "counter", "Images grouped."),
      `${name}_images_total ${this.#images}`,
      ...head(`${name}_seconds`, "histogram", "Seconds of groupings, from their turn to the result."),
      ...BUCKETS.map((bound, at) => `${name}_seconds_bucket{le="${bound}"} ${this.#buckets[at]}`),
      `${name}_seconds_bucket{le="+Inf"} ${this.#groupings}`,
      `${name}_seconds_sum ${this.#seconds}`,
      `${name}_seconds_count ${this.#groupings}`,
      "",
    ].join("\n");
  }
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}
