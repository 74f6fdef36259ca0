/**
 * The one-to-one matching of rows to columns with the largest sum: for each row its column, or −1 for a row that gets
 * none because there are more rows than columns. Kuhn 1955, in the O(n³) form with potentials by Jonker and Volgenant
 * 1987.
 */
export function bestAssignment(gains: readonly (readonly number[])[]): number[] {
  const rows = gains.length;
  const columns = gains[0].length;
  const side = Math.max(rows, columns);
  const cost = (row: number, column: number) => row < rows && column < columns ? -gains[row][column] : 0;
  const rowPotential = new Float64Array(side + 1);
  const columnPotential = new Float64Array(side + 1);
  const rowOf = new Int32Array(side + 1); // The row matched to each column. Both count from 1; 0 means none.
  const cameFrom = new Int32Array(side + 1);
  for (let row = 1; row <= side; row++) {
    rowOf[0] = row;
    const slack = new Float64Array(side + 1).fill(Infinity);
    const used = new Uint8Array(side + 1);
    let column = 0;
    do {
      used[column] = 1;
      let [step, next] = [Infinity, 0];
      for (let other = 1; other <= side; other++) {
        if (used[other]) continue;
        const reduced = cost(rowOf[column] - 1, other - 1) - rowPotential[rowOf[column]] - columnPotential[other];
        if (reduced < slack[other]) {
          slack[other] = reduced;
          cameFrom[other] = column;
        }
        if (slack[other] < step) [step, next] = [slack[other], other];
      }
      for (let other = 0; other <= side; other++) {
        if (used[other]) {
          rowPotential[rowOf[other]] += step;
          columnPotential[other] -= step;
        } else slack[other] -= step;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      rowOf[column] = rowOf[cameFrom[column]];
      column = cameFrom[column];
    }
  }
  const result = new Array<number>(rows).fill(-1);
  for (let column = 1; column <= columns; column++) if (rowOf[column] <= rows) result[rowOf[column] - 1] = column - 1;
  return result;
}
