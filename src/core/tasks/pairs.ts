// The tasks that compare all pairs of images of two blocks.

import type { CoreMemory } from "./core_memory.ts";
import { neighbourTasks } from "./neighbours.ts";
import { FEW, type PairComparison, pairComparison } from "./pair_search.ts";
import type { DirectedOutput, MinimaOutput, PairOutput, PairWork, RunTask, StatisticsOutput } from "./work.ts";

/** The images from number `from` up to, but not including, `end`. */
interface Block {
  readonly from: number;
  readonly end: number;
}

/** What to do with each pair of images, for one kind of output. */
interface PairUse {
  /** Called before a task's first pair. */
  begin?(): void;
  /** Compares image i of the first block with image j of the second. */
  compare(i: number, j: number, first: Block, second: Block): void;
  /** Called after a task's last pair. */
  end?(first: Block, second: Block): void;
}

/** Reserves the memory that the tasks need. Returns a function that does one task. */
export function pairTasks(memory: CoreMemory, work: PairWork): RunTask {
  const comparison = pairComparison(memory, work);
  const { output, images: { count } } = work;
  if (output.kind === "neighbours") return neighbourTasks(memory, work, output, comparison);
  const use = useFor(output, memory, work, comparison);
  return (task) => {
    const size = task.block ?? work.block;
    const [first, second] = [task.a, task.b].map((at): Block => {
      return { from: at * size, end: Math.min(count, (at + 1) * size) };
    });
    let pairs = 0;
    use.begin?.();
    for (let from = second.from; from < second.end; from += FEW) {
      const end = Math.min(from + FEW, second.end);
      for (let i = first.from; i < first.end; i++) {
        for (let j = Math.max(from, i + 1); j < end; j++, pairs++) use.compare(i, j, first, second);
      }
    }
    use.end?.(first, second);
    return pairs;
  };
}

function useFor(
  output: Exclude<PairOutput, { kind: "neighbours" }>,
  memory: CoreMemory,
  work: PairWork,
  comparison: PairComparison,
): PairUse {
  switch (output.kind) {
    case "statistics":
      return statisticsUse(output, memory, work, comparison);
    case "minima":
      return minimaUse(output, memory, work, comparison);
    default:
      return directedUse(output, memory, work, comparison);
  }
}

/** Gathers the statistics of a task's images in the core, then adds them to the thread's own arrays. */
function statisticsUse(
  output: StatisticsOutput,
  memory: CoreMemory,
  { block, images: { patches } }: PairWork,
  comparison: PairComparison,
): PairUse {
  const length = block * patches;
  /** Reserves a block's statistics, for each of its patches, and returns their addresses. */
  const room = () => ({
    sum: memory.reserve(length * 8),
    smallest: memory.reserve(length * 4),
    largest: memory.reserve(length * 4),
  });
  const [first, second] = [room(), room()];

  function reduce(squared: number, { sum, smallest, largest }: typeof first, image: number): void {
    const at = image * patches;
    memory.core.reduceMinima(squared, patches, output.rounding, sum + at * 8, smallest + at * 4, largest + at * 4);
  }

  function addTo(thread: StatisticsOutput, { from, end }: Block, at: typeof first): void {
    const [offset, length] = [from * patches, (end - from) * patches];
    const sum = memory.doubles(at.sum, length);
    const [smallest, largest] = [memory.floats(at.smallest, length), memory.floats(at.largest, length)];
    for (let m = 0; m < length; m++) {
      thread.sum[offset + m] += sum[m];
      thread.smallest[offset + m] = Math.min(thread.smallest[offset + m], smallest[m]);
      thread.largest[offset + m] = Math.max(thread.largest[offset + m], largest[m]);
    }
  }

  return {
    begin() {
      for (const { sum, smallest, largest } of [first, second]) {
        memory.doubles(sum, length).fill(0);
        memory.floats(smallest, length).fill(Infinity);
        memory.floats(largest, length).fill(0);
      }
    },
    compare(i, j, { from: firstFrom }, { from: secondFrom }) {
      comparison.minima(i, j);
      reduce(comparison.there, first, i - firstFrom);
      reduce(comparison.back, second, j - secondFrom);
    },
    end(firstBlock, secondBlock) {
      addTo(output, firstBlock, first);
      addTo(output, secondBlock, second);
    },
  };
}

function minimaUse(
  { minima }: MinimaOutput,
  memory: CoreMemory,
  { images: { count, patches } }: PairWork,
  comparison: PairComparison,
): PairUse {
  return {
    compare(i, j) {
      comparison.minima(i, j);
      minima.set(memory.floats(comparison.there, patches).map(Math.sqrt), (i * count + j) * patches);
      minima.set(memory.floats(comparison.back, patches).map(Math.sqrt), (j * count + i) * patches);
    },
  };
}

function directedUse(
  { kind, directed }: DirectedOutput,
  memory: CoreMemory,
  { images: { count, patches, channels } }: PairWork,
  comparison: PairComparison,
): PairUse {
  const { left, right, there, back, marks } = comparison;
  /** The distances from image i to j and from j to i. */
  const distancesOf = (i: number, j: number): readonly [number, number] => {
    switch (kind) {
      case "mean":
      case "smallest":
        comparison.minima(i, j);
        return [reduced(kind, memory.floats(there, patches)), reduced(kind, memory.floats(back, patches))];
      case "largest":
        return [
          Math.sqrt(comparison.directed(left(i), right(j), 0, 0, 0)),
          Math.sqrt(comparison.directed(right(j), left(i), 0, 0, 0)),
        ];
      case "hausdorff": {
        // The way back starts from what the way there has found.
        const oneWay = comparison.directed(left(i), right(j), 0, 0, marks);
        const both = Math.sqrt(comparison.directed(right(j), left(i), oneWay, marks, 0));
        return [both, both];
      }
      case "all pairs": {
        const [a, b] = [left(i).floats, right(j).floats];
        const mean = memory.core.sumDistances(a, patches, b, patches, channels) / (patches * patches);
        return [mean, mean];
      }
    }
  };
  return {
    compare(i, j) {
      [directed[i * count + j], directed[j * count + i]] = distancesOf(i, j);
    },
  };
}

/** The mean or the smallest of some distances, given as squares. */
function reduced(kind: "mean" | "smallest", squared: Float32Array): number {
  let result = kind === "mean" ? 0 : Infinity;
  for (const value of squared) result = kind === "mean" ? result + Math.sqrt(value) : Math.min(result, value);
  return kind === "mean" ? result / squared.length : Math.sqrt(result);
}
