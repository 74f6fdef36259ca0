/** Runs pieces of work one after the other, in the order in which they are asked for. */
export type OneByOne = <T>(work: () => Promise<T>) => Promise<T>;

/** A row of its own. */
export function oneByOne(): OneByOne {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
