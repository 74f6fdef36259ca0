/** Runs pieces of work one after another, in the order of the calls. */
export type OneByOne = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a new, independent queue. */
export function oneByOne(): OneByOne {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
