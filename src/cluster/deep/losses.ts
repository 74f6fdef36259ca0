// The losses of deep clustering, each with its gradients. They take rows of probabilities and compute in float64.

import type { LossValue, Matrix } from "./autodiff.ts";

/** Smaller probabilities are raised to this, so that logarithms are finite. */
const LEAST = 1e-8;

/**
 * Minus the mutual information of two views' clusters (Ji et al. 2019, eq. 3 to 5), in nats. It is computed from the
 * symmetric joint distribution ½ (PᵀQ + QᵀP) / n of their probabilities.
 */
export function mutualInformationLoss({ rows, cols, data: p }: Matrix, { data: q }: Matrix): LossValue {
  const joint = new Float64Array(cols * cols);
  for (let row = 0; row < rows; row++) {
    for (let a = 0; a < cols; a++) {
      for (let b = 0; b < cols; b++) joint[a * cols + b] += p[row * cols + a] * q[row * cols + b];
    }
  }
  const symmetric = joint.map((value, at) => {
    const mirrored = joint[at % cols * cols + Math.floor(at / cols)];
    return Math.max(LEAST, (value + mirrored) / (2 * rows));
  });
  const marginal = new Float64Array(cols);
  for (let at = 0; at < joint.length; at++) marginal[Math.floor(at / cols)] += symmetric[at];
  let value = 0;
  const slope = new Float64Array(cols * cols);
  for (let at = 0; at < slope.length; at++) {
    // The marginals sum to one whatever the joint distribution is. So they add only a constant 2 to the gradient.
    const inner = Math.log(symmetric[at]) - Math.log(marginal[Math.floor(at / cols)]) - Math.log(marginal[at % cols]);
    value -= symmetric[at] * inner;
    slope[at] = -(inner - 1);
  }
  const gradients = [p, q].map((_, own) => {
    const other = own ? p : q;
    const gradient = new Float64Array(rows * cols);
    for (let row = 0; row < rows; row++) {
      for (let a = 0; a < cols; a++) {
        let sum = 0;
        for (let b = 0; b < cols; b++) sum += slope[a * cols + b] * other[row * cols + b];
        gradient[row * cols + a] = sum / rows;
      }
    }
    return gradient;
  });
  // No change of sign is needed: −Σ J log(J / (r c)) already is minus the information.
  return { value, gradients };
}

/**
 * −mean log ⟨p, q⟩ over rows: pulls each image and its neighbour into one cluster (Van Gansbeke et al. 2020, eq. 2).
 */
export function consistencyLoss({ rows, cols, data: p }: Matrix, { data: q }: Matrix): LossValue {
  const gradients = [new Float64Array(rows * cols), new Float64Array(rows * cols)];
  let value = 0;
  for (let from = 0; from < rows * cols; from += cols) {
    let product = 0;
    for (let at = from; at < from + cols; at++) product += p[at] * q[at];
    product = Math.max(product, LEAST);
    value -= Math.log(product) / rows;
    for (let at = from; at < from + cols; at++) {
      gradients[0][at] = -q[at] / product / rows;
      gradients[1][at] = -p[at] / product / rows;
    }
  }
  return { value, gradients };
}

/** Σ p̄ log p̄, where p̄ is the mean of all rows: minus the entropy of the clusters' sizes. */
export function negativeEntropy({ rows, cols, data }: Matrix): LossValue {
  const mean = new Float64Array(cols);
  for (let at = 0; at < data.length; at++) mean[at % cols] += data[at] / rows;
  const logarithms = mean.map((value) => Math.log(Math.max(value, LEAST)));
  const gradient = Float64Array.from(data, (_, at) => (logarithms[at % cols] + 1) / rows);
  return { value: mean.reduce((sum, value, at) => sum + value * logarithms[at], 0), gradients: [gradient] };
}

/** −mean ⟨p, target⟩ over rows (Niu et al. 2020, transformation invariance). */
export function similarityLoss({ rows, data }: Matrix, targets: ArrayLike<number>): LossValue {
  let value = 0;
  const gradient = Float64Array.from(data, (probability, at) => {
    value -= probability * targets[at] / rows;
    return -targets[at] / rows;
  });
  return { value, gradients: [gradient] };
}

/** Mean binary cross-entropy of each number. */
export function binaryCrossEntropy({ data }: Matrix, targets: ArrayLike<number>): LossValue {
  let value = 0;
  const gradient = Float64Array.from(data, (probability, at) => {
    const [p, target] = [Math.min(Math.max(probability, LEAST), 1 - LEAST), targets[at]];
    value -= (target * Math.log(p) + (1 - target) * Math.log(1 - p)) / data.length;
    return (p - target) / (p * (1 - p)) / data.length;
  });
  return { value, gradients: [gradient] };
}

/**
 * Mean binary cross-entropy of the cosines of all pairs of rows, where the target is whether both rows are of one group
 * (Niu et al. 2020, separability). Each row is also paired with itself.
 */
export function relationLoss({ rows, cols, data }: Matrix, groups: ArrayLike<number>): LossValue {
  const squares = new Float64Array(rows);
  for (let at = 0; at < data.length; at++) squares[Math.floor(at / cols)] += data[at] ** 2;
  const norms = squares.map((square) => Math.max(Math.sqrt(square), LEAST));
  const unit = Float64Array.from(data, (value, at) => value / norms[Math.floor(at / cols)]);
  const slopes = new Float64Array(data.length); // By the numbers of the unit vectors.
  const pairs = rows * (rows + 1) / 2;
  let value = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let cosine = 0;
      for (let col = 0; col < cols; col++) cosine += unit[i * cols + col] * unit[j * cols + col];
      const alike = groups[i] === groups[j];
      const p = Math.min(Math.max(alike ? cosine : 1 - cosine, 1e-4), 1);
      value -= Math.log(p) / pairs;
      if (i === j) continue; // The cosine of a row with itself is always one, so it has no gradient.
      const slope = (alike ? -1 : 1) / p / pairs;
      for (let col = 0; col < cols; col++) {
        slopes[i * cols + col] += slope * unit[j * cols + col];
        slopes[j * cols + col] += slope * unit[i * cols + col];
      }
    }
  }
  const gradient = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    let along = 0;
    for (let at = row * cols; at < (row + 1) * cols; at++) along += slopes[at] * unit[at];
    for (let at = row * cols; at < (row + 1) * cols; at++) {
      gradient[at] = (slopes[at] - along * unit[at]) / norms[row];
    }
  }
  return { value, gradients: [gradient] };
}

/** −Σ w log p[label] / Σ w over the rows that have a label (≥ 0), where w is the weight of the label. */
export function labelLoss(
  { rows, cols, data }: Matrix,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): LossValue {
  const gradient = new Float64Array(rows * cols);
  let [value, total] = [0, 0];
  for (let row = 0; row < rows; row++) if (labels[row] >= 0) total += weights[labels[row]];
  for (let row = 0; row < rows; row++) {
    if (labels[row] < 0) continue;
    const at = row * cols + labels[row];
    const [p, weight] = [Math.max(data[at], LEAST), weights[labels[row]] / total];
    value -= weight * Math.log(p);
    gradient[at] = -weight / p;
  }
  return { value, gradients: [gradient] };
}
