// Reads grouped images again at their own resolution, to find where the defect is, describe it and make a picture of
// it.

import type { ImageFile } from "../../dataset/folder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { countOf } from "../../report/client/text.js";
import type { SeenDefect } from "../../report/seen_defect.ts";
import type { DefectRequest } from "./defect_request.ts";
import type { Grouped } from "./grouped.ts";
import type { ImageNetwork } from "../images/image_network.ts";
import { MOST_DECODERS } from "../images/image_pool.ts";
import { startStage } from "../system/progress.ts";
import { readBytes } from "../images/read_image.ts";
import { WorkerPool } from "../../runtime/worker_pool.ts";

/** For each worker, so many images at their own size may be in progress. This limits the memory. */
const AHEAD = 2;

/** Never called. Deno fetches the worker named here together with the program, so that it also starts offline. */
export const fetchedBefore = (): Promise<unknown> => import("./defect_worker.ts");

/**
 * Finds the defects of all images, or only of those that the report shows. `undefined` for other images, and for those
 * that cannot be read again; these are named in `warnings`.
 */
export async function findDefects(
  { images, result: { weights }, grid: { rows, cols }, windows, shown }: Grouped,
  { decoder, white, closer }: Pick<ImageNetwork, "decoder" | "white" | "closer">,
  warnings: string[],
): Promise<(SeenDefect | undefined)[]> {
  const chosen = shown ?? images.map((_, at) => at);
  const found: (SeenDefect | undefined)[] = Array.from({ length: images.length });
  const detail = closer && { detail: closer.look.detail };
  const most = Math.min(MOST_DECODERS, chosen.length);
  const pool = new WorkerPool<DefectRequest, SeenDefect>(most, new URL("./defect_worker.ts", import.meta.url));
  const stage = startStage("Measuring defects", chosen.length);
  const failed: { readonly file: ImageFile; readonly reason: string }[] = [];
  let [next, done] = [0, 0];
  const run = async () => {
    while (next < chosen.length) {
      const at = chosen[next++];
      try {
        const bytes = await readBytes(images[at].file);
        const own = weights.data.slice(at * weights.patches, (at + 1) * weights.patches);
        const window = windows?.[at];
        found[at] = await pool.ask(
          { bytes, decoder, weights: own, rows, cols, ...(white && { white }), ...(window && { window }), ...detail },
          [bytes.buffer, own.buffer],
        );
      } catch (error) {
        if (!(error instanceof AnomalyClusterError)) throw error;
        failed.push({ file: images[at], reason: error.message });
      }
      stage.update(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: most * AHEAD }, run));
  } finally {
    pool.end();
    stage.end();
  }
  if (failed.length) {
    const [{ file, reason }] = failed;
    const more = failed.length > 1 ? ` and ${countOf(failed.length - 1, "other image")}` : "";
    warnings.push(`${file.path}${more}: ${reason}, now that the defect is to be measured; groups are as they were`);
  }
  return found;
}
