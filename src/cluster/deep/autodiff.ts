// Reverse-mode differentiation of matrices: only the operations that the small networks of deep clustering need.

/** Numbers of a matrix: float32 for training, float64 for checks. */
export type Numbers = Float32Array | Float64Array;

/** A matrix on a tape, row-major. `gradient` is the derivative of the loss by each of its numbers. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Numbers;
  /** Absent for constants. */
  readonly gradient?: Numbers;
}

/** The value of a loss, and its gradient by each matrix that it depends on, row-major. */
export interface LossValue {
  readonly value: number;
  readonly gradients: readonly ArrayLike<number>[];
}

/** Records operations, so that gradients can be computed by going back over them. One tape serves one training step. */
export class Tape {
  readonly #steps: (() => void)[] = [];

  /** x · weights + bias. The bias `[1, cols]` is added to each row. */
  affine(x: Matrix, weights: Matrix, bias: Matrix): Matrix {
    const y = result(x, x.rows, weights.cols);
    for (let row = 0; row < y.rows; row++) y.data.set(bias.data, row * y.cols);
    addProduct(x.data, weights.data, y.data, x.rows, x.cols, y.cols);
    this.#steps.push(() => {
      addTransposedProduct(x.data, y.gradient!, weights.gradient!, x.rows, x.cols, y.cols);
      addColumnSums(y.gradient!, bias.gradient!);
      if (x.gradient) addProductTransposed(y.gradient!, weights.data, x.gradient, x.rows, y.cols, x.cols);
    });
    return y;
  }

  /** max(x, 0) */
  relu(x: Matrix): Matrix {
    return this.#elementwise(x, (value) => Math.max(value, 0), (y) => y > 0 ? 1 : 0);
  }

  /** 1 / (1 + exp(−x)) */
  sigmoid(x: Matrix): Matrix {
    return this.#elementwise(x, (value) => 1 / (1 + Math.exp(-value)), (y) => y * (1 - y));
  }

  #elementwise(x: Matrix, value: (x: number) => number, slope: (y: number) => number): Matrix {
    const y = result(x, x.rows, x.cols);
    for (let at = 0; at < y.data.length; at++) y.data[at] = value(x.data[at]);
    this.#steps.push(() => {
      for (let at = 0; at < y.data.length; at++) x.gradient![at] += y.gradient![at] * slope(y.data[at]);
    });
    return y;
  }

  /** Softmax of each row. */
  softmax(x: Matrix): Matrix {
    const y = result(x, x.rows, x.cols);
    for (let from = 0; from < y.data.length; from += y.cols) {
      let most = -Infinity;
      for (let at = from; at < from + y.cols; at++) most = Math.max(most, x.data[at]);
      let sum = 0;
      for (let at = from; at < from + y.cols; at++) sum += y.data[at] = Math.exp(x.data[at] - most);
      for (let at = from; at < from + y.cols; at++) y.data[at] /= sum;
    }
    this.#steps.push(() => {
      for (let from = 0; from < y.data.length; from += y.cols) {
        let mean = 0;
        for (let at = from; at < from + y.cols; at++) mean += y.gradient![at] * y.data[at];
        for (let at = from; at < from + y.cols; at++) x.gradient![at] += y.data[at] * (y.gradient![at] - mean);
      }
    });
    return y;
  }

  /** The same numbers, arranged in rows of another length. */
  reshape(x: Matrix, rows: number, cols: number): Matrix {
    return { ...x, rows, cols };
  }

  /** Σ_s weights[i, s] · x[i · S + s]: turns every S rows into one. `weights` is `[rows / S, S]`. */
  weightedSum(x: Matrix, weights: Matrix): Matrix {
    const [cells, { cols }] = [weights.cols, x];
    const y = result(x, weights.rows, cols);
    for (let row = 0; row < x.rows; row++) {
      const [weight, to] = [weights.data[row], Math.floor(row / cells) * cols];
      for (let col = 0; col < cols; col++) y.data[to + col] += weight * x.data[row * cols + col];
    }
    this.#steps.push(() => {
      for (let row = 0; row < x.rows; row++) {
        const [weight, from] = [weights.data[row], Math.floor(row / cells) * cols];
        let sum = 0;
        for (let col = 0; col < cols; col++) {
          x.gradient![row * cols + col] += weight * y.gradient![from + col];
          sum += x.data[row * cols + col] * y.gradient![from + col];
        }
        if (weights.gradient) weights.gradient[row] += sum;
      }
    });
    return y;
  }

  /**
   * Gaussian bumps on a grid of `side` × `side` places: exp(−‖place − (t₀, t₁)‖² / (2 `width` t₂)). Coordinates of
   * places go from 0 to 1. `t` is `[n, 3]`, the result `[n, side²]`.
   */
  gaussian(t: Matrix, side: number, width: number): Matrix {
    const y = result(t, t.rows, side * side);
    const place = (at: number) => at / Math.max(1, side - 1);
    const each = (use: (from: number, at: number, down: number, right: number, spread: number) => void) => {
      for (let row = 0; row < t.rows; row++) {
        const [top, left, size] = t.data.subarray(row * 3, row * 3 + 3);
        for (let cell = 0; cell < y.cols; cell++) {
          const [down, right] = [place(Math.floor(cell / side)) - top, place(cell % side) - left];
          use(row * 3, row * y.cols + cell, down, right, 2 * width * size + 1e-5);
        }
      }
    };
    each((_, at, down, right, spread) => y.data[at] = Math.exp(-(down * down + right * right) / spread));
    this.#steps.push(() =>
      each((from, at, down, right, spread) => {
        const slope = y.gradient![at] * y.data[at] / spread;
        t.gradient![from] += slope * 2 * down;
        t.gradient![from + 1] += slope * 2 * right;
        t.gradient![from + 2] += slope * (down * down + right * right) / spread * 2 * width;
      })
    );
    return y;
  }

  /** Adds `weight` times a loss of `inputs` to the sum that `backward` differentiates. Returns the loss. */
  loss(inputs: readonly Matrix[], loss: LossValue, weight = 1): number {
    this.#steps.push(() => {
      inputs.forEach(({ gradient }, input) => {
        const own = loss.gradients[input];
        for (let at = 0; at < own.length; at++) gradient![at] += weight * own[at];
      });
    });
    return loss.value;
  }

  /** Computes the gradients of all losses by all matrices, and adds them to the matrices' gradients. */
  backward(): void {
    while (this.#steps.length) this.#steps.pop()!();
  }
}

/** A matrix `[rows, cols]` that is not trained. */
export function constant(rows: number, cols: number, data: Numbers): Matrix {
  return { rows, cols, data };
}

/** A matrix of zeros with the precision of `like`, and with a gradient. */
function result(like: Matrix, rows: number, cols: number): Matrix {
  const zeros = () => like.data instanceof Float32Array ? new Float32Array(rows * cols) : new Float64Array(rows * cols);
  return { rows, cols, data: zeros(), gradient: zeros() };
}

// The products below take four rows at a time, so that each number of the sum is loaded and stored a quarter as often.

/** y += a · b, where a is n × k and b is k × m */
function addProduct(a: Numbers, b: Numbers, y: Numbers, n: number, k: number, m: number): void {
  for (let i = 0; i < n; i++) {
    const to = i * m;
    let p = 0;
    for (; p + 3 < k; p += 4) {
      const at = i * k + p;
      const [a0, a1, a2, a3] = [a[at], a[at + 1], a[at + 2], a[at + 3]];
      const [b0, b1, b2, b3] = [p * m, (p + 1) * m, (p + 2) * m, (p + 3) * m];
      for (let j = 0; j < m; j++) y[to + j] += a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
    }
    for (; p < k; p++) {
      const a0 = a[i * k + p];
      for (let j = 0; j < m; j++) y[to + j] += a0 * b[p * m + j];
    }
  }
}

/** y += aᵀ · b, where a is n × k and b is n × m */
function addTransposedProduct(a: Numbers, b: Numbers, y: Numbers, n: number, k: number, m: number): void {
  let i = 0;
  for (; i + 3 < n; i += 4) {
    const [b0, b1, b2, b3] = [i * m, (i + 1) * m, (i + 2) * m, (i + 3) * m];
    for (let p = 0; p < k; p++) {
      const [a0, a1, a2, a3] = [a[i * k + p], a[(i + 1) * k + p], a[(i + 2) * k + p], a[(i + 3) * k + p]];
      if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue;
      const to = p * m;
      for (let j = 0; j < m; j++) y[to + j] += a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
    }
  }
  for (; i < n; i++) {
    for (let p = 0; p < k; p++) {
      const a0 = a[i * k + p];
      for (let j = 0; j < m; j++) y[p * m + j] += a0 * b[i * m + j];
    }
  }
}

/** y += a · bᵀ, where a is n × m and b is k × m */
function addProductTransposed(a: Numbers, b: Numbers, y: Numbers, n: number, m: number, k: number): void {
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < k; p++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += a[i * m + j] * b[p * m + j];
      y[i * k + p] += sum;
    }
  }
}

function addColumnSums(x: Numbers, sums: Numbers): void {
  for (let at = 0; at < x.length; at += sums.length) {
    for (let col = 0; col < sums.length; col++) sums[col] += x[at + col];
  }
}
