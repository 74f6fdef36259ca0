// A worker that finds the defect in an image file by the image's weights, and pictures it.

import { measureDefect } from "../defect/measure.ts";
import { decodeImage } from "../image/decode.ts";
import { defectPicture } from "../report/defect_picture.ts";
import { defectRecord } from "../report/defect_record.ts";
import type { DefectRequest, SeenDefect } from "./find_defects.ts";
import { failedAnswer, type WorkerAnswer } from "./worker_pool.ts";
import { onMessage } from "./worker_port.ts";

onMessage(async (request: DefectRequest & { readonly index: number }, post) => post(await seen(request)));

async function seen(
  { index, bytes, decoder, white, weights, rows, cols, window }: DefectRequest & { readonly index: number },
): Promise<WorkerAnswer<SeenDefect>> {
  try {
    const image = await decodeImage(bytes, { decoder, ...(white && { white }) });
    const defect = measureDefect(image, weights, { rows, cols }, window);
    const picture = await defectPicture(image, defect.box);
    return { index, defect: defectRecord(defect), ...(picture && { picture }) };
  } catch (error) {
    return failedAnswer(index, error, "bad-image");
  }
}
