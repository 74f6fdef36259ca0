// Shows progress on stderr: on a terminal a bar with the time left, elsewhere a line now and then.

import process from "node:process";
import { Presets, SingleBar } from "cli-progress";
import { printable } from "../../report/printable.ts";

/** One stage of the work. */
export interface Stage {
  update(done: number): void;
  /** Ends the stage. Returns its duration in seconds. */
  end(): number;
}

/** Starts a stage of `total` steps. */
export function startStage(name: string, total: number): Stage {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  return process.stderr.isTTY ? barStage(name, total, seconds) : lineStage(name, total, seconds);
}

function barStage(name: string, total: number, seconds: () => number): Stage {
  const format = `${name.padEnd(22)} {bar} {percentage}% | {value}/{total} | {eta_formatted} left`;
  const bar = new SingleBar({ format, stopOnComplete: false, fps: 8 }, Presets.shades_classic);
  bar.start(total, 0);
  return {
    update: (done) => bar.update(done),
    end: () => {
      bar.update(total);
      bar.stop();
      return seconds();
    },
  };
}

function lineStage(name: string, total: number, seconds: () => number): Stage {
  const SECONDS_BETWEEN_LINES = 10;
  let told = 0;
  return {
    update: (done) => {
      if (seconds() - told < SECONDS_BETWEEN_LINES || done >= total) return;
      told = seconds();
      const left = told / Math.max(done, 1) * (total - done);
      console.error(`${name}: ${done} of ${total}, about ${left.toFixed(0)} s left`);
    },
    end: () => {
      console.error(`${name}: ${total} in ${seconds().toFixed(1)} s`);
      return seconds();
    },
  };
}

/** Prints a warning. The run goes on. */
export function warn(sentence: string): void {
  tell(`warning: ${printable(sentence)}`);
}

/** Prints a sentence, on a line of its own even while a bar is shown. */
export function tell(sentence: string): void {
  console.error(process.stderr.isTTY ? `\r\x1b[K${sentence}` : sentence);
}
