// Measures the memory that a run needs.

import process from "node:process";
import { setInterval } from "node:timers";

/** Measures the resident memory of the process five times a second, for its peak. */
export function watchMemory(): { peakMegabytes(): number } {
  let peak = 0;
  const sample = () => peak = Math.max(peak, process.memoryUsage.rss());
  sample();
  setInterval(sample, 200).unref();
  return {
    peakMegabytes: () => {
      sample();
      return Math.round(peak / 1e6);
    },
  };
}
