// SCAN, a deep clustering method: semantic clustering by adopting nearest neighbours.

import type { TrainedClusterer } from "../clusterer.ts";
import type { PatchSet } from "../../types.ts";
import { constant, type Matrix, Tape } from "./autodiff.ts";
import { consistencyLoss, labelLoss, negativeEntropy } from "./losses.ts";
import {
  adam,
  apply,
  batches,
  largestOf,
  layer,
  lowestOf,
  type Method,
  type MethodKind,
  type MethodSettings,
  parametersOf,
  trainedClusterer,
  type TrainingOptions,
} from "./trainer.ts";
import { viewSource } from "./views.ts";

/** Number of heads. The head with the lowest loss goes on to self-labelling. */
const HEADS = 10;
/** The most neighbours of an image. */
const NEIGHBOURS = 20;
const ENTROPY_WEIGHT = 5;
const WEIGHT_DECAY = 1e-4;
/** A prediction above this probability counts as a label. */
const CONFIDENT = 0.99;
/** Share of the epochs that self-labelling takes. */
const SELF_LABELLING = 0.2;
const WEAK = { crop: 0.75, dropout: 0 };
const STRONG = { crop: 0.5, dropout: 0.3 };

const SCAN: MethodKind = { kind: "scan", epochs: 125, batch: 128, learningRate: 1e-3, create };

/**
 * SCAN (Van Gansbeke, Vandenhende, Georgoulis, Proesmans, Van Gool, ECCV 2020). First, heads are trained to put an
 * image and its nearest neighbours in feature space into one cluster, with clusters of about equal size. Then they are
 * trained on their own confident predictions as labels. SCAN's pretraining step is replaced by ImageNet pretraining, as
 * in Sohn et al. 2023: neighbours are found by the cosine between the network's mean patches, standardised.
 *
 * As in the authors' settings for ImageNet: only linear heads are trained, 10 of them, and the one with the lowest loss
 * is used; 100 epochs of clustering and 25 of self-labelling; entropy weight 5, confidence 0.99. As for STL-10: 20
 * neighbours, Adam, weight decay 1e-4, 128 images a step, classes balanced.
 *
 * Different from theirs: an image has at most a fifth of the mean group size as neighbours; Adam's step is 1e-3 instead
 * of 1e-4, because only the heads are trained; and views are made from the patch grid: crops, for self-labelling also
 * with patches left out.
 */
export function scan(options: TrainingOptions = {}): TrainedClusterer {
  return trainedClusterer(SCAN, options);
}

function create(patches: PatchSet, { k, epochs, batch, learningRate, random }: MethodSettings): Method {
  const views = viewSource(patches, 1);
  const { count, channels, plain } = views;
  const neighbours = nearest(plain, count, channels, Math.max(1, Math.min(NEIGHBOURS, Math.round(count / k / 5))));
  const heads = Array.from({ length: HEADS }, () => layer(channels, k, random));
  const state = new Float64Array(2 + HEADS); // Steps of each stage, then the last loss of each head.
  const best = () => lowestOf(state.subarray(2));
  const predict = (tape: Tape, x: Matrix, head: number) => tape.softmax(apply(tape, x, heads[head]));
  const viewed = (images: ArrayLike<number>, settings: typeof WEAK, source: () => number) =>
    constant(images.length, channels, views.draw(images, settings, source));
  const labelling = Math.floor(epochs * SELF_LABELLING);

  return {
    parameters: parametersOf(heads),
    state,
    stages: [{
      name: "clustering: consistency of neighbours minus 5 times the entropy of the clusters",
      epochs: epochs - labelling,
      epoch(source) {
        const losses = new Float64Array(HEADS);
        for (const images of batches(count, batch, source)) {
          const others = images.map((image) => {
            const own = neighbours[image];
            return own[Math.floor(source() * own.length)];
          });
          const tape = new Tape();
          const [x, y] = [images, others].map((some) => viewed(some, WEAK, source));
          heads.forEach((_, at) => {
            const both = [x, y].map((some) => predict(tape, some, at));
            const consistency = tape.loss(both, consistencyLoss(both[0], both[1]));
            const entropy = tape.loss([both[0]], negativeEntropy(both[0]), ENTROPY_WEIGHT);
            losses[at] += (consistency + ENTROPY_WEIGHT * entropy) * images.length / count;
          });
          tape.backward();
          adam(parametersOf(heads), { rate: learningRate, step: ++state[0], decay: WEIGHT_DECAY });
        }
        state.set(losses, 2);
        return losses.reduce((sum, loss) => sum + loss / HEADS, 0);
      },
    }, {
      name: "self-labelling: cross-entropy of confident images",
      epochs: labelling,
      epoch(source) {
        const head = best();
        let [sum, steps] = [0, 0];
        for (const images of batches(count, batch, source)) {
          const sure = confidentLabels(predict(new Tape(), viewed(images, WEAK, source), head));
          const seen = viewed(images, STRONG, source);
          if (sure.every((label) => label < 0)) continue;
          const tape = new Tape();
          const predicted = predict(tape, seen, head);
          sum += tape.loss([predicted], labelLoss(predicted, sure, balancing(sure, k)));
          steps++;
          tape.backward();
          adam(parametersOf([heads[head]]), { rate: learningRate, step: ++state[1], decay: WEIGHT_DECAY });
        }
        return steps ? sum / steps : NaN;
      },
    }],
    groups: () => largestOf(apply(new Tape(), constant(count, channels, plain), heads[best()])),
  };
}

/** For each image, the `most` other images that are the most similar by cosine, the most similar first. */
export function nearest(features: Float32Array, count: number, channels: number, most: number): Int32Array[] {
  const unit = Float64Array.from(features);
  for (let from = 0; from < unit.length; from += channels) {
    let squared = 0;
    for (let at = from; at < from + channels; at++) squared += unit[at] ** 2;
    for (let at = from; at < from + channels; at++) unit[at] /= Math.sqrt(squared) || 1;
  }
  const cosine = (i: number, j: number) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += unit[i * channels + channel] * unit[j * channels + channel];
    }
    return sum;
  };
  return Array.from({ length: count }, (_, i) => {
    const cosines = Float64Array.from({ length: count }, (_, j) => j === i ? -Infinity : cosine(i, j));
    const order = Int32Array.from(cosines.keys()).sort((a, b) => cosines[b] - cosines[a] || a - b);
    return order.slice(0, Math.min(most, count - 1));
  });
}

/** The cluster of each image of which the network is confident; −1 for other images. */
function confidentLabels(predicted: Matrix): Int32Array {
  const labels = largestOf(predicted);
  return labels.map((label, row) => predicted.data[row * predicted.cols + label] > CONFIDENT ? label : -1);
}

/** The weight of each label: one over its share of the labelled images. */
function balancing(labels: Int32Array, k: number): Float64Array {
  const sizes = new Float64Array(k);
  for (const label of labels) if (label >= 0) sizes[label]++;
  const sure = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size ? sure / size : 1);
}
