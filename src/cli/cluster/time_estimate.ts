// How long a run will take, said as soon as its first images tell.

import { type PresetName, PRESETS } from "../../preset.ts";
import { countOf } from "../../report/client/text.js";
import { tell } from "../system/progress.ts";

/** Images before those that are timed: the network starts with them. */
const BEFORE = 4;
/** Images that are timed. */
const TIMED = 12;
/** What comes after the network, as a share of its time: comparing, grouping, the report. */
const REST = 0.25;
/** Below so many seconds nothing is said; from so many on, what would be quicker. */
const [SAID_FROM, QUICKER_FROM] = [15, 60];

/** Says once how long all images will take. */
export class TimeEstimate {
  #embedded = 0;
  #started = 0;

  /** @param preset absent where views are given besides: then nothing is known of quicker ones. */
  constructor(readonly images: number, readonly preset?: PresetName, readonly say: (line: string) => void = tell) {}

  /** An image went through the network; `now` is in milliseconds. */
  embedded(now = performance.now()): void {
    this.#embedded++;
    if (this.#embedded === BEFORE) this.#started = now;
    if (this.#embedded !== BEFORE + TIMED || this.images < 2 * this.#embedded) return;
    const seconds = (now - this.#started) / 1000 / TIMED * this.images * (1 + REST);
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

/** In seconds, minutes or hours, as exactly as an estimate is. */
function durationOf(seconds: number): string {
  if (seconds < 55) return `${Math.max(5, 5 * Math.round(seconds / 5))} seconds`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 90) return countOf(minutes, "minute");
  return countOf(Math.round(minutes / 60), "hour");
}
