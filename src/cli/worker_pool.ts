// Workers that each answer one message for each that they get.

import { AnomalyClusterError, type ErrorCode } from "../errors.ts";

/** What a worker answers: with the index that it was asked with, its answer or what it failed with. */
export type WorkerAnswer<Answer> =
  | Answer & { readonly index: number }
  | { readonly index: number; readonly code: ErrorCode; readonly message: string };

/** Taken at the start: onnxruntime-web puts Node's Worker in its place when it opens a model. */
const WebWorker = globalThis.Worker;

interface Busy {
  readonly worker: Worker;
  /** Questions that it has not answered. */
  open: number;
}

/** Workers, started when there is work for them. */
export class WorkerPool<Question extends object, Answer extends object> {
  readonly #workers: Busy[] = [];
  readonly #answers: PromiseWithResolvers<Answer>[] = [];
  /** Why a worker did not start or died: nothing more would be answered. */
  #failure?: Error;

  /** At most `most` workers of a module, each told `first` before all else. */
  constructor(readonly most: number, readonly module: URL, readonly first?: unknown) {}

  /** Asks the worker that has least to do. Rejects with what it failed with. */
  ask(question: Question, taken: Transferable[]): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const answer = Promise.withResolvers<Answer>();
    const index = this.#answers.push(answer) - 1;
    const free = this.#workers.find(({ open }) => open === 0);
    if (!free && this.#workers.length < this.most) this.#workers.push(this.#start());
    const least = free ?? this.#workers.reduce((least, busy) => busy.open < least.open ? busy : least);
    least.open++;
    least.worker.postMessage({ index, ...question }, taken);
    return answer.promise;
  }

  #start(): Busy {
    const worker = new WebWorker(this.module, { type: "module" });
    const busy: Busy = { worker, open: 0 };
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer<Answer>>) => {
      busy.open--;
      if ("code" in data) this.#answers[data.index].reject(new AnomalyClusterError(data.code, data.message));
      else this.#answers[data.index].resolve(data);
      delete this.#answers[data.index];
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const failure = this.#failure ??= new Error(event.message);
      this.#answers.forEach(({ reject }) => reject(failure));
    };
    if (this.first !== undefined) worker.postMessage(this.first);
    return busy;
  }

  end(): void {
    for (const { worker } of this.#workers) worker.terminate();
  }
}

/** What a worker posts of an error. */
export function failedAnswer(index: number, error: unknown, otherwise: ErrorCode): WorkerAnswer<never> {
  const code = error instanceof AnomalyClusterError ? error.code : otherwise;
  return { index, code, message: error instanceof Error ? error.message : String(error) };
}
