// GATCluster: deep clustering with self-supervised Gaussian attention.

import type { TrainedClusterer } from "../clusterer.ts";
import type { Embeddings, PatchSet } from "../../types.ts";
import { kmeans } from "../kmeans.ts";
import { constant, type Matrix, Tape } from "./autodiff.ts";
import { binaryCrossEntropy, negativeEntropy, relationLoss, similarityLoss } from "./losses.ts";
import {
  adam,
  apply,
  batches,
  largestOf,
  type Layer,
  layer,
  type Method,
  type MethodKind,
  type MethodSettings,
  parametersOf,
  trainedClusterer,
  type TrainingOptions,
} from "./trainer.ts";
import { VIEW, viewSource } from "./views.ts";

/** The largest side of the grid over which attention is spread. */
const SIDE = 7;
/** The fewest channels of the feature map. */
const FEATURES = 10;
/** Passes over the images with each set of targets. */
const REPEATS = 8;
/** Width of the attention. */
const LAMBDA = 0.05;
const LOSS = { similarity: 5, entropy: 3, relation: 1, attention: 5 };
/** Relations are used only if every cluster has at least this share of the mean cluster size. */
const SMALLEST = 0.1;
const CLIP = 10;

const GATCLUSTER: MethodKind = { kind: "gatcluster", epochs: 60, batch: 32, learningRate: 1e-3, create };

/**
 * GATCluster (Niu, Zhang, Wang, Liang, ECCV 2020). It trains clusters that
 *
 * - do not change with the view;
 * - are separable: k-means, run on the clusters' own probabilities, finds them;
 * - are of about equal size;
 * - can be recognised from a part of the image, selected by a Gaussian attention, as well as from the whole.
 *
 * As in the authors' code for ImageNet-10: weights of the four losses 5, 1, 3 and 5, λ = 0.05, new targets after every
 * 8 passes over the images, 32 images a step, Adam of 1e-3, gradients clipped at 10, feature maps of 10 channels (k, if
 * that is more), k-means of 20 starts, and no relations while a cluster has less than a tenth of its share.
 *
 * Different from theirs: the network below is frozen, and its patches, on a grid of at most 7 × 7, replace the output
 * of a convolutional network; views are made from the patch grid (crops, mirrorings, patches left out); and targets are
 * made 60 times instead of 6,000.
 */
export function gatcluster(options: TrainingOptions = {}): TrainedClusterer {
  return trainedClusterer(GATCLUSTER, options);
}

function create(patches: PatchSet, { k, epochs, batch, learningRate, random }: MethodSettings): Method {
  const side = Math.min(SIDE, patches.rows, patches.cols);
  const views = viewSource(patches, side);
  const { count, channels } = views;
  const [cells, width] = [side * side, Math.max(FEATURES, k)];
  const convolution = layer(channels, width, random);
  const place = layer(cells * width, 3, random);
  const classifier = () => [layer(width, k, random), layer(k, k, random)];
  const [whole, part] = [classifier(), classifier()];
  const parameters = parametersOf([convolution, place, ...whole, ...part]);
  const state = new Float64Array(1); // Steps so far.

  const classify = (tape: Tape, x: Matrix, [first, second]: Layer[]) =>
    tape.softmax(apply(tape, tape.relu(apply(tape, x, first)), second));
  const features = (tape: Tape, images: number, grid: Float32Array) =>
    tape.relu(apply(tape, constant(images * cells, channels, grid), convolution));
  const ofWhole = (tape: Tape, map: Matrix, images: number) => {
    const even = constant(images, cells, new Float32Array(images * cells).fill(1 / cells));
    return classify(tape, tape.weightedSum(map, even), whole);
  };
  const ofPart = (tape: Tape, map: Matrix, images: number) => {
    const centre = tape.sigmoid(apply(tape, tape.reshape(map, images, cells * width), place));
    return classify(tape, tape.weightedSum(map, tape.gaussian(centre, side, LAMBDA)), part);
  };
  const plain = () => {
    const tape = new Tape();
    return ofWhole(tape, features(tape, count, views.plain), count);
  };

  return {
    parameters,
    state,
    stages: [{
      name: "similarity, relation, entropy and attention together",
      epochs,
      epoch(source) {
        const targets = targetsOf(plain(), k, source);
        const pick = (all: Float64Array, images: Int32Array) =>
          Float64Array.from({ length: images.length * k }, (_, at) => all[images[Math.floor(at / k)] * k + at % k]);
        let sum = 0;
        for (let again = 0; again < REPEATS; again++) {
          for (const images of batches(count, batch, source)) {
            const tape = new Tape();
            const map = features(tape, images.length, views.draw(images, VIEW, source));
            const [p, q] = [ofWhole(tape, map, images.length), ofPart(tape, map, images.length)];
            const add = (of: Matrix, loss: Parameters<Tape["loss"]>[1], weight: number) =>
              sum += tape.loss([of], loss, weight) * weight * images.length / count / REPEATS;
            add(p, similarityLoss(p, pick(targets.balanced, images)), LOSS.similarity);
            add(p, negativeEntropy(p), LOSS.entropy);
            add(q, negativeEntropy(q), LOSS.entropy);
            add(p, relationLoss(p, images.map((image) => targets.relations[image])), LOSS.relation);
            add(q, binaryCrossEntropy(q, pick(targets.sharpened, images)), LOSS.attention);
            tape.backward();
            adam(parameters, { rate: learningRate, step: ++state[0], most: CLIP });
          }
        }
        return sum;
      },
    }],
    groups: () => largestOf(plain()),
  };
}

/** Makes the targets of an epoch from the probabilities that all images have before it. */
function targetsOf(p: Matrix, k: number, random: () => number) {
  const sharpened = balancedRows(Float64Array.from(p.data, (value) => value * value), p);
  const points: Embeddings = { data: sharpened, count: p.rows, channels: k };
  const { labels } = kmeans(points, { k: Math.min(k, p.rows), restarts: 20, seed: Math.floor(random() * 2 ** 31) });
  const sizes = new Float64Array(k);
  for (const label of labels) sizes[label]++;
  const apart = Math.min(...sizes) >= SMALLEST * p.rows / k;
  return {
    balanced: balancedRows(p.data, p),
    sharpened,
    /** Images with the same number belong together. While there are no clusters yet, each image has its own number. */
    relations: apart ? labels : labels.map((_, image) => image),
  };
}

/** Divides the numerators by the clusters' sizes, then by each row's sum. */
function balancedRows(numerators: ArrayLike<number>, { rows, cols, data }: Matrix): Float64Array {
  const sizes = new Float64Array(cols);
  data.forEach((value, at) => sizes[at % cols] += value);
  const shares = Float64Array.from(numerators, (value, at) => value / (sizes[at % cols] + 1e-5));
  for (let row = 0; row < rows; row++) {
    const own = shares.subarray(row * cols, (row + 1) * cols);
    const sum = own.reduce((total, value) => total + value, 0) + 1e-5;
    own.forEach((value, at) => own[at] = value / sum);
  }
  return shares;
}
