// Solves symmetric positive definite systems that are small enough to be dense.

/**
 * Returns the lower triangle L of a matrix, L · Lᵀ = A (Cholesky). The upper triangle of the result is zero.
 * @param {Float64Array} matrix `[size, size]`, symmetric positive definite; it is not changed
 * @param {number} size
 * @returns {Float64Array} `[size, size]`
 */
export function cholesky(matrix, size) {
  const lower = new Float64Array(size * size);
  for (let col = 0; col < size; col++) {
    const ofCol = col * size;
    let own = matrix[ofCol + col];
    for (let at = 0; at < col; at++) own -= lower[ofCol + at] * lower[ofCol + at];
    const pivot = lower[ofCol + col] = Math.sqrt(Math.max(own, 1e-12));
    let row = col + 1;
    // Four rows at a time: the processor can add to the four sums in parallel.
    for (; row + 3 < size; row += 4) {
      const [a, b, c, d] = [row * size, (row + 1) * size, (row + 2) * size, (row + 3) * size];
      let [sumA, sumB, sumC, sumD] = [matrix[a + col], matrix[b + col], matrix[c + col], matrix[d + col]];
      for (let at = 0; at < col; at++) {
        const value = lower[ofCol + at];
        sumA -= lower[a + at] * value;
        sumB -= lower[b + at] * value;
        sumC -= lower[c + at] * value;
        sumD -= lower[d + at] * value;
      }
      lower[a + col] = sumA / pivot;
      lower[b + col] = sumB / pivot;
      lower[c + col] = sumC / pivot;
      lower[d + col] = sumD / pivot;
    }
    for (; row < size; row++) {
      let sum = matrix[row * size + col];
      for (let at = 0; at < col; at++) sum -= lower[row * size + at] * lower[ofCol + at];
      lower[row * size + col] = sum / pivot;
    }
  }
  return lower;
}

/**
 * Solves L · x = b in place.
 * @param {Float64Array} lower `[size, size]`
 * @param {number} size
 * @param {Float64Array} vector `[size]`
 */
export function solveLower(lower, size, vector) {
  for (let row = 0; row < size; row++) {
    let sum = vector[row];
    for (let at = 0; at < row; at++) sum -= lower[row * size + at] * vector[at];
    vector[row] = sum / lower[row * size + row];
  }
}

/**
 * Solves Lᵀ · x = b in place.
 * @param {Float64Array} lower `[size, size]`
 * @param {number} size
 * @param {Float64Array} vector `[size]`
 */
export function solveUpper(lower, size, vector) {
  for (let row = size - 1; row >= 0; row--) {
    const value = vector[row] /= lower[row * size + row];
    for (let at = 0; at < row; at++) vector[at] -= lower[row * size + at] * value;
  }
}
