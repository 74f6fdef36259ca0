// What the options of `cluster` mean: which go together, and what they come to.

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

/** Options as the program's arguments give them. */
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
  /** The server of a queue. */
  readonly queue?: string;
  readonly queueCreds?: string;
  readonly queueTlsCa?: string;
  readonly queueBatch: number;
  readonly queueWait: number;
  readonly queueStore: number;
  readonly shared?: boolean;
}

/** The same with the weights that follow from them. */
export type ChosenOptions = ClusterCommandOptions & { readonly weight: WeightName };

/** Options that ask for each other. */
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
 * Up to so many images all are held in memory, some 2 GB at most; of photos that are looked at twice, of which each takes
 * twice as much, up to so many as leave the run below 1.5 GB. More are gone through once, unless options say else.
 */
const [TOGETHER_UP_TO, TWICE_UP_TO] = [2000, 400];
/** References of so many images as are not held in memory, where a preset compares all. */
const MANY = 512;

/** Whether all images are in memory at once, and what each is compared with. */
export type Comparison =
  | { readonly together: true; readonly references: References }
  | { readonly together: false; readonly references: StreamedReferences };

/**
 * How `count` images are compared; `twice`: each is looked at twice. Machines of a queue compare with references in any case: with all of a few images.
 * Throws `bad-argument` where `--references` or `--queue` asks for what needs all images at once.
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

/** The option that needs all images at once, where there is one. */
function needsAll({ weight, distance, pool, cluster, learn }: ChosenOptions): string | undefined {
  if (learn !== undefined) return "--learn";
  if (weight === "mask" || weight === "uniform") return `--weight ${weight}`;
  if (pool) return `--pool ${pool}`;
  if (distance !== "weighted-average") return `--distance ${distance}`;
  return cluster === "ward" ? undefined : `--cluster ${cluster}`;
}

/** Whether images are grouped by one vector each. */
export function givesVectors({ pool, distance }: ClusterCommandOptions): boolean {
  return pool !== undefined || distance === "weighted-average";
}

/** What patches are scored by: hard and hybrid weights rank by the mean unless told else. */
export function scoreSourceOf({ over, preset, weight }: ChosenOptions): ScoreSource {
  return over ?? (weight === "soft" ? PRESETS[preset].over : undefined) ?? "mean";
}

/** In how many directions images are seen. */
export function viewsOf({ views, preset }: ClusterCommandOptions): number {
  return Number(views ?? PRESETS[preset].embedding.views ?? 1);
}

/**
 * The preset's features, with what the options say in their place; for two looks where photos are looked at twice.
 */
export function featuresOf(
  { preset, whiten, content, length }: ClusterCommandOptions,
  looks?: TwoLooks,
): readonly Feature[] {
  const given = { ...(content && { content }), ...(length && { length }) };
  const changed = PRESETS[preset].features.map((feature): Feature => {
    return { ...feature, ...(whiten && { whiten: whiten === "yes" && (feature.whiten || true) }), ...given };
  });
  // Features may differ only in what the options gave.
  return featuresOfLooks([...new Map(changed.map((feature) => [JSON.stringify(feature), feature])).values()], looks);
}

/** Whether photos are to be looked at closer; masks are of whole ones. */
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

/** Settings as groups.json and the report tell them. */
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
