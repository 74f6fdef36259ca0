// Checks which options of `cluster` go together, and turns them into settings.

import type { References, StreamedReferences } from "../../reference/choose_references.ts";
import type { SetDistance } from "../../distance/image_distances.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { Feature } from "../../feature.ts";
import { featuresOfLooks, type TwoLooks } from "../../look/two_looks.ts";
import type { DecoderName } from "../../image/decode.ts";
import { type PresetName, PRESETS } from "../../preset.ts";
import type { RunSettings } from "../../report/run_settings.ts";
import type { PatchValues } from "../../types.ts";
import type { ScoreSource, Temperatures, Weighting } from "../../weight/weighting.ts";
import { type Detail, presetDetail } from "../../look/detail.ts";
import type { Engine } from "../../embed/onnx_runtime.ts";
import type { Closer } from "../images/closer.ts";
import type { EngineChoice } from "../network/engine.ts";
import type { ExportName } from "./export_groups.ts";
import type { CacheOptions } from "../images/image_cache.ts";
import {
  type ClustererName,
  clustererOf,
  isTrained,
  type PoolingName,
  weightingOf,
  type WeightName,
} from "../options/methods.ts";
import type { TrainingChoice } from "./training.ts";

/** Options from the command line. */
export interface ClusterCommandOptions extends CacheOptions, TrainingChoice {
  readonly out?: string;
  readonly k: number | "auto";
  readonly threshold?: number;
  readonly smallestGroup: number;
  readonly preset: PresetName;
  readonly tau?: Temperatures;
  readonly views?: "1" | "4" | "8";
  readonly whiten?: "yes" | "no";
  readonly content?: "patch" | "residual";
  readonly length?: "kept" | "root" | "unit";
  readonly weight?: WeightName;
  readonly over?: ScoreSource;
  readonly references?: References;
  readonly top: number;
  readonly normals?: string;
  readonly masks?: string;
  readonly distance: "weighted-average" | SetDistance;
  readonly pool?: PoolingName;
  readonly cluster: ClustererName;
  readonly seed: number;
  readonly model?: string;
  readonly engine: EngineChoice;
  readonly decoder: DecoderName;
  readonly size?: number;
  readonly detail?: Detail;
  readonly memory?: boolean;
  readonly labels?: "folders";
  /** A groups file with confirmed images. */
  readonly learn?: string;
  readonly json?: "-";
  readonly export?: readonly ExportName[];
  /** Address of a queue's server. */
  readonly queue?: string;
  readonly queueCreds?: string;
  readonly queueTlsCa?: string;
  readonly queueBatch: number;
  readonly queueWait: number;
  readonly queueStore: number;
  readonly shared?: boolean;
}

/** The options, and the kind of weights that follows from them. */
export type ChosenOptions = ClusterCommandOptions & { readonly weight: WeightName };

/** Throws `bad-argument` for options that exclude each other, or that need another option. */
export function checkCombination(weight: WeightName, options: ClusterCommandOptions): void {
  const overNormals = weight === "labelled-normal" ||
    options.over === "normal" && ["soft", "hard", "hybrid"].includes(weight);
  if (overNormals && !options.normals) {
    throw new AnomalyClusterError("bad-argument", "weights over labelled normals need --normals DIR");
  }
  if (options.normals && !overNormals) {
    throw new AnomalyClusterError(
      "bad-argument",
      `--weight ${weight} makes no use of --normals: leave one out, or add --over normal to hard or hybrid`,
    );
  }
  if ((weight === "mask") !== (options.masks !== undefined)) {
    const reason = options.masks ? `--weight ${weight} makes no use of --masks` : "--weight mask needs --masks DIR";
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (options.threshold !== undefined && options.k !== "auto") {
    const reason = "--k and --threshold exclude each other: one gives the number of groups, one the height of the cut";
    throw new AnomalyClusterError("bad-argument", reason);
  }
  const trained = isTrained(options.cluster);
  if (options.epochs !== undefined && !trained) {
    const reason = `--cluster ${options.cluster} is not trained: leave --epochs out, or use iic, gatcluster or scan`;
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (trained && options.k === 1) {
    throw new AnomalyClusterError(
      "bad-argument",
      `--cluster ${options.cluster} needs at least 2 groups: --k 2 or more`,
    );
  }
  if (options.threshold !== undefined && (trained || clustererOf(options.cluster, 0).kind !== "linkage")) {
    const reason = `--cluster ${options.cluster} has no tree that --threshold could cut: use ward, or --k`;
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (options.learn !== undefined) {
    const other = options.k !== "auto"
      ? "--k"
      : options.threshold !== undefined
      ? "--threshold"
      : options.cluster !== "ward" && `--cluster ${options.cluster}`;
    if (other) {
      const reason = `--learn takes the groups from confirmed images and makes no use of ${other}: leave one out`;
      throw new AnomalyClusterError("bad-argument", reason);
    }
  }
  if (options.pool && options.distance !== "weighted-average") {
    const reason = `--pool ${options.pool} and --distance ${options.distance} exclude each other: leave one out`;
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (!givesVectors(options) && ["kmeans", "gmm", "gmm-full"].includes(options.cluster)) {
    const reason =
      `--cluster ${options.cluster} needs one vector an image, which --distance ${options.distance} has not`;
    throw new AnomalyClusterError("bad-argument", `${reason}: use --distance weighted-average, or ward or kmedoids`);
  }
}

/**
 * Up to so many images are held in memory together: some 2 GB. A photo that is looked at twice takes twice as much, so fewer
 * of these are held: some 1 GB. More are streamed one by one, unless options say otherwise.
 */
const [TOGETHER_UP_TO, TWICE_UP_TO] = [2000, 192];
/** Number of references for streamed images, if the preset compares all images. */
const MANY = 512;

/** Whether all images are in memory together, and what each is compared with. */
export type Comparison =
  | { readonly together: true; readonly references: References }
  | { readonly together: false; readonly references: StreamedReferences };

/**
 * Decides how `count` images are compared. The machines of a queue always compare with references; if there are only a
 * few images, all of them are references. Throws `bad-argument` if `--references` or `--queue` is combined with an
 * option that needs all images in memory together.
 *
 * @param twice whether each image is looked at twice, as large photos are
 */
export function comparisonOf(options: ChosenOptions, count: number, twice: boolean): Comparison {
  const needing = needsAll(options);
  const { queue, references: asked } = options;
  const wanted = asked ?? PRESETS[options.preset].references;
  const leftOpen = wanted === "auto" || asked === undefined;
  const few = count <= (twice ? TWICE_UP_TO : TOGETHER_UP_TO);
  if (!queue && (leftOpen ? few || needing : wanted === "all")) {
    return { together: true, references: wanted };
  }
  if (needing) {
    const option = queue ? "--queue" : "--references";
    const reason = `${needing} compares all images with each other: leave it or ${option} out`;
    throw new AnomalyClusterError("bad-argument", reason);
  }
  if (wanted === "auto") return { together: false, references: wanted };
  const counted = wanted !== "all" ? wanted : asked ? count : MANY;
  if ((typeof counted === "number" ? counted : counted.coreset) < count) {
    return { together: false, references: counted };
  }
  return queue ? { together: false, references: count } : { together: true, references: "all" };
}

/** The given option that needs all images in memory together; `undefined` if there is none. */
function needsAll({ weight, distance, pool, cluster, learn }: ChosenOptions): string | undefined {
  if (learn !== undefined) return "--learn";
  if (weight === "mask" || weight === "uniform") return `--weight ${weight}`;
  if (pool) return `--pool ${pool}`;
  if (distance !== "weighted-average") return `--distance ${distance}`;
  return cluster === "ward" ? undefined : `--cluster ${cluster}`;
}

/** Whether each image is grouped by one vector. */
export function givesVectors({ pool, distance }: ClusterCommandOptions): boolean {
  return pool !== undefined || distance === "weighted-average";
}

/** What patches are scored by. For hard and hybrid weights it is the mean, unless an option says otherwise. */
export function scoreSourceOf({ over, preset, weight }: ChosenOptions): ScoreSource {
  return over ?? (weight === "soft" ? PRESETS[preset].over : undefined) ?? "mean";
}

/** In how many directions each image is seen. */
export function viewsOf({ views, preset }: ClusterCommandOptions): number {
  return Number(views ?? PRESETS[preset].embedding.views ?? 1);
}

/**
 * The preset's features, changed as the options say. If photos are looked at twice, there are features for both looks.
 */
export function featuresOf(
  { preset, whiten, content, length }: ClusterCommandOptions,
  looks?: TwoLooks,
): readonly Feature[] {
  const given = { ...(content && { content }), ...(length && { length }) };
  const changed = PRESETS[preset].features.map((feature): Feature => {
    return { ...feature, ...(whiten && { whiten: whiten === "yes" && (feature.whiten || true) }), ...given };
  });
  // The options may have made features equal, so each is kept once.
  return featuresOfLooks([...new Map(changed.map((feature) => [JSON.stringify(feature), feature])).values()], looks);
}

/** Which detail matters in large photos. With masks it is off, because masks are of whole photos. */
export function detailOf({ detail, preset, masks }: ClusterCommandOptions): Detail {
  if (masks !== undefined && detail !== undefined && detail !== "off") {
    throw new AnomalyClusterError("bad-argument", "--detail and --masks exclude each other: masks are of whole photos");
  }
  return masks !== undefined ? "off" : detail ?? presetDetail(preset);
}

/** How patches are weighted. */
export function weightsOf(options: ChosenOptions, masks?: PatchValues): Weighting {
  return weightingOf(options.weight, {
    tau: options.tau ?? PRESETS[options.preset].tau,
    over: scoreSourceOf(options),
    top: options.top,
    masks,
  });
}

/** Settings as groups.json and the report show them. */
export function runSettings(
  options: ChosenOptions & { readonly size: number; readonly engine: Engine; readonly closer?: Closer },
  references: References,
): RunSettings {
  const { preset, pool, closer } = options;
  return {
    ...options,
    tau: options.tau ?? PRESETS[preset].tau,
    features: featuresOf(options),
    ...(closer && { look: closer.look }),
    over: scoreSourceOf(options),
    distance: pool ? `${pool} pooling` : options.distance,
    references,
  };
}
