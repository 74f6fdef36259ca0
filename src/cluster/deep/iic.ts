// Invariant information clustering (IIC), a deep clustering method.

import type { TrainedClusterer } from "../clusterer.ts";
import type { PatchSet } from "../../types.ts";
import { constant, type Matrix, Tape } from "./autodiff.ts";
import { mutualInformationLoss } from "./losses.ts";
import {
  adam,
  apply,
  batches,
  largestOf,
  type Layer,
  layer,
  lowestOf,
  type Method,
  type MethodKind,
  type MethodSettings,
  parametersOf,
  rowsOf,
  trainedClusterer,
  type TrainingOptions,
} from "./trainer.ts";
import { VIEW, viewSource } from "./views.ts";

/** Width of the layer between the features and the heads. */
const HIDDEN = 128;
/** Number of heads of each kind. The head with the lowest loss is used. */
const HEADS = 5;
/** Outputs of an overclustering head, as a multiple of the number of groups. */
const OVERCLUSTERING = 7;
/** How many passes the heads of k groups get for each pass of the overclustering heads. */
const PASSES = 2;

const IIC: MethodKind = { kind: "iic", epochs: 300, batch: 140, learningRate: 1e-3, create };

/**
 * Invariant information clustering (Ji, Henriques, Vedaldi, ICCV 2019): trains a network so that the cluster of an
 * image and the cluster of a view of it have as much mutual information as possible.
 *
 * As in the authors' code: 5 heads of k groups and 5 overclustering heads of 7 k groups are trained in turn (two passes
 * for the former, one for the latter, as for CIFAR-10), and the head with the lowest loss is used; λ = 1, Adam, 140
 * images a step.
 *
 * Different from theirs: the network is frozen, except for a layer of 128 ReLUs on the mean of an image's patches;
 * views are made from the patch grid (crops, patches left out); each image is seen in one view an epoch instead of 3 to
 * 5; and Adam's step is 1e-3 for 300 epochs instead of 1e-4 for 2,000.
 */
export function iic(options: TrainingOptions = {}): TrainedClusterer {
  return trainedClusterer(IIC, options);
}

function create(patches: PatchSet, { k, epochs, batch, learningRate, random }: MethodSettings): Method {
  const views = viewSource(patches, 1);
  const { count, channels } = views;
  const trunk = layer(channels, HIDDEN, random);
  const heads = (outputs: number) => Array.from({ length: HEADS }, () => layer(HIDDEN, outputs, random));
  const [many, few] = [heads(OVERCLUSTERING * k), heads(k)];
  const [shared, ofMany, ofFew] = [[trunk], many, few].map(parametersOf);
  const state = new Float64Array(1 + HEADS); // Steps so far, then the last loss of each head of k groups.
  const hidden = (tape: Tape, x: Matrix) => tape.relu(apply(tape, x, trunk));

  const pass = (own: readonly Layer[], parameters: typeof ofMany, source: () => number): Float64Array => {
    const losses = new Float64Array(HEADS);
    for (const images of batches(count, batch, source)) {
      const tape = new Tape();
      const plain = hidden(tape, rowsOf(views.plain, channels, images));
      const seen = hidden(tape, constant(images.length, channels, views.draw(images, VIEW, source)));
      own.forEach((head, at) => {
        const both = [plain, seen].map((x) => tape.softmax(apply(tape, x, head)));
        losses[at] += tape.loss(both, mutualInformationLoss(both[0], both[1]), 1 / HEADS) * images.length / count;
      });
      tape.backward();
      adam([...shared, ...parameters], { rate: learningRate, step: ++state[0] });
    }
    return losses;
  };

  return {
    parameters: [...shared, ...ofMany, ...ofFew],
    state,
    stages: [{
      name: "minus the mutual information of an image and a view of it, nats",
      epochs,
      epoch(source) {
        pass(many, ofMany, source);
        for (let again = 0; again < PASSES; again++) state.set(pass(few, ofFew, source), 1);
        return state.subarray(1).reduce((sum, loss) => sum + loss / HEADS, 0);
      },
    }],
    groups() {
      const best = lowestOf(state.subarray(1));
      const tape = new Tape();
      return largestOf(apply(tape, hidden(tape, constant(count, channels, views.plain)), few[best]));
    },
  };
}
