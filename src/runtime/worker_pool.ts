// A pool of workers that send one answer to each message.

import { type ModuleWorker, startModule } from "../core/worker.ts";
import { AnomalyClusterError, type ErrorCode } from "../errors.ts";
import { type Resolvers, withResolvers } from "./portable.ts";

/** Message from a worker: the index of the question, with the answer or an error. */
export type WorkerAnswer<Answer> =
  | Answer & { readonly index: number }
  | { readonly index: number; readonly code: ErrorCode; readonly message: string };

interface Busy<Answer> {
  readonly worker: ModuleWorker;
  /** Questions that it has not answered yet, by index. */
  readonly open: Map<number, Resolvers<Answer>>;
}

/** A pool of workers. Each is started when there is work for it. */
export class WorkerPool<Question extends object, Answer extends object> {
  readonly #workers: Busy<Answer>[] = [];
  #asked = 0;

  /** At most `most` workers that run `module`. Each gets the message `first` before all others. */
  constructor(readonly most: number, readonly module: URL, readonly first?: unknown) {}

  /**
   * Asks the worker with the fewest open questions. `taken` is transferred to it. Rejects with the worker's error, also
   * if it does not start or dies; the next question then starts another.
   */
  ask(question: Question, taken: Transferable[]): Promise<Answer> {
    const answer = withResolvers<Answer>();
    const index = this.#asked++;
    const free = this.#workers.find(({ open }) => open.size === 0);
    if (!free && this.#workers.length < this.most) this.#workers.push(this.#start());
    const least = free ?? this.#workers.reduce((least, busy) => busy.open.size < least.open.size ? busy : least);
    least.open.set(index, answer);
    least.worker.post({ index, ...question }, taken);
    return answer.promise;
  }

  #start(): Busy<Answer> {
    const open: Busy<Answer>["open"] = new Map();
    const worker = startModule<WorkerAnswer<Answer>>(this.module, {
      heard: (answer) => {
        const asked = open.get(answer.index)!;
        open.delete(answer.index);
        if ("code" in answer) asked.reject(new AnomalyClusterError(answer.code, answer.message));
        else asked.resolve(answer);
      },
      failed: (error) => {
        const at = this.#workers.indexOf(busy);
        if (at >= 0) this.#workers.splice(at, 1);
        worker.end();
        open.forEach(({ reject }) => reject(error));
      },
    });
    const busy = { worker, open };
    if (this.first !== undefined) worker.post(this.first);
    return busy;
  }

  end(): void {
    for (const { worker } of this.#workers) worker.end();
  }
}

/** The answer that reports an error. `otherwise` is the code of errors that have none. */
export function failedAnswer(index: number, error: unknown, otherwise: ErrorCode): WorkerAnswer<never> {
  const code = error instanceof AnomalyClusterError ? error.code : otherwise;
  return { index, code, message: error instanceof Error ? error.message : String(error) };
}
