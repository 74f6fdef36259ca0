// Estimates how long a run will take, as soon as some images are embedded.

import { type PresetName, PRESETS } from "../../preset.ts";
import { countOf } from "../../report/client/text.js";
import { tell } from "../system/progress.ts";

/** Images before timing begins, because the network is still starting with them. */
const BEFORE = 4;
/** Images that are timed. */
const TIMED = 12;
/**
 * Time for comparing, measuring defects and the report: a share of the time for embedding, which large photos take long
 * for, and seconds for each image. On two cores of an AMD EPYC this is within a fifth for small images.
 */
const [REST, REST_EACH] = [0.2, 0.015];
/** From how many seconds on the estimate is printed, and from how many on a quicker preset is suggested. */
const [SAID_FROM, QUICKER_FROM] = [15, 60];

/** Prints once how long all images will take. */
export class TimeEstimate {
  #embedded = 0;
  #started = 0;

  /** @param preset absent if the user gave the number of views: then it is not known how long other presets take. */
  constructor(readonly images: number, readonly preset?: PresetName, readonly say: (line: string) => void = tell) {}

  /** Counts an image that was embedded. `now` is in milliseconds. */
  embedded(now = performance.now()): void {
    this.#embedded++;
    if (this.#embedded === BEFORE) this.#started = now;
    if (this.#embedded !== BEFORE + TIMED || this.images < 2 * this.#embedded) return;
    const each = (now - this.#started) / 1000 / TIMED * (1 + REST) + REST_EACH;
    const seconds = each * this.images;
    if (seconds >= SAID_FROM) this.say(this.#sentence(seconds));
  }

  #sentence(seconds: number): string {
    const whole = `${countOf(this.images, "image")} take about ${durationOf(seconds)}`;
    const own = this.preset ? PRESETS[this.preset].time : 0;
    const { time } = PRESETS.quick;
    if (seconds < QUICKER_FROM || own <= time) return whole;
    return `${whole}; with --preset quick it is about ${durationOf(seconds * time / own)}`;
  }
}

/** A duration in seconds, minutes or hours, rounded as fits an estimate. */
function durationOf(seconds: number): string {
  if (seconds < 55) return `${Math.max(5, 5 * Math.round(seconds / 5))} seconds`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 90) return countOf(minutes, "minute");
  return countOf(Math.round(minutes / 60), "hour");
}
