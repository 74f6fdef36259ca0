// The memory that a run needs.

/** Samples the resident memory of the process, five times a second. */
export function watchMemory(): { peakMegabytes(): number } {
  let peak = 0;
  const sample = () => peak = Math.max(peak, Deno.memoryUsage().rss);
  sample();
  Deno.unrefTimer(setInterval(sample, 200));
  return {
    peakMegabytes: () => {
      sample();
      return Math.round(peak / 1e6);
    },
  };
}
