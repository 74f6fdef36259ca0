// A pool of workers that send one answer to each message.

import { type ModuleWorker, startModule } from "../../core/worker.ts";
import { AnomalyClusterError, type ErrorCode } from "../../errors.ts";
import { type Resolvers, withResolvers } from "../../runtime/portable.ts";

/** Message from a worker: the index of the question, with the answer or an error. */
export type WorkerAnswer<Answer> =
  | Answer & { readonly index: number }
  | { readonly index: number; readonly code: ErrorCode; readonly message: string };

interface Busy {
  readonly worker: ModuleWorker;
  /** Number of questions that it has not answered yet. */
  open: number;
}

/** A pool of workers. Each is started when there is work for it. */
export class WorkerPool<Question extends object, Answer extends object> {
  readonly #workers: Busy[] = [];
  readonly #answers: Resolvers<Answer>[] = [];
  /** Why a worker did not start or died. Then no question is answered any more. */
  #failure?: Error;

  /** At most `most` workers that run `module`. Each gets the message `first` before all others. */
  constructor(readonly most: number, readonly module: URL, readonly first?: unknown) {}

  /** Asks the worker with the fewest open questions. `taken` is transferred to it. Rejects with the worker's error. */
  ask(question: Question, taken: Transferable[]): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const answer = withResolvers<Answer>();
    const index = this.#answers.push(answer) - 1;
    const free = this.#workers.find(({ open }) => open === 0);
    if (!free && this.#workers.length < this.most) this.#workers.push(this.#start());
    const least = free ?? this.#workers.reduce((least, busy) => busy.open < least.open ? busy : least);
    least.open++;
    least.worker.post({ index, ...question }, taken);
    return answer.promise;
  }

  #start(): Busy {
    const worker = startModule<WorkerAnswer<Answer>>(this.module, {
      heard: (answer) => {
        busy.open--;
        if ("code" in answer) this.#answers[answer.index].reject(new AnomalyClusterError(answer.code, answer.message));
        else this.#answers[answer.index].resolve(answer);
        delete this.#answers[answer.index];
      },
      failed: (error) => {
        const failure = this.#failure ??= error;
        this.#answers.forEach(({ reject }) => reject(failure));
      },
    });
    const busy: Busy = { worker, open: 0 };
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
