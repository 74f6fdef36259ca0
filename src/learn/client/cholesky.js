// Solving symmetric positive definite systems, small enough to be dense.

/**
 * Lower triangle L of a matrix, L · Lᵀ = A (Cholesky). The upper triangle of the result is zero.
 * @param {Float64Array} matrix `[size, size]`, symmetric positive definite; left as it is
 * @param {number} size
 * @returns {Float64Array} `[size, size]`
 */
export function cholesky(matrix, size) {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const ofRow = row * size;
    for (let col = 0; col <= row; col++) {
      const ofCol = col * size;
      let sum = matrix[ofRow + col];
      for (let at = 0; at < col; at++) sum -= lower[ofRow + at] * lower[ofCol + at];
      lower[ofRow + col] = row === col ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[ofCol + col];
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
