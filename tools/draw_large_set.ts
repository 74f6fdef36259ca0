// Draws a set of large images, on all cores, with a table of where the damage is in each.

import { availableCores } from "../src/core/cores.ts";
import type { DrawAnswer, DrawRequest } from "./draw_worker.ts";
import { LARGE_SETS } from "./drawn_surfaces.ts";

/** Number of images of each kind and of sound images to group, and number of labelled normals. */
const [PER_KIND, NORMALS] = [25, 60];

/** Writes `train/good`, `test/good`, `test/KIND` and `damage.csv` (boxes in pixels) into a folder. */
export async function drawLargeSet(folder: string, name: string): Promise<void> {
  const setAt = Object.keys(LARGE_SETS).indexOf(name);
  const kinds = Object.keys(LARGE_SETS[name].kinds);
  const parts: [part: string, count: number, kind?: string][] = [
    ["train/good", NORMALS],
    ["test/good", PER_KIND],
    ...kinds.map((kind): [string, number, string] => [`test/${kind}`, PER_KIND, kind]),
  ];
  const wanted: (DrawRequest & { readonly path: string })[] = [];
  for (const [partAt, [part, count, kind]] of parts.entries()) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
    for (let number = 0; number < count; number++) {
      const path = `${part}/${String(number).padStart(3, "0")}.jpg`;
      const seed = 1e8 + 1e6 * setAt + 1000 * partAt + number;
      wanted.push({ set: name, seed, path, file: `${folder}/${path}`, ...(kind && { kind }) });
    }
  }
  const answers = await drawAll(wanted);
  const rows = wanted.flatMap(({ path, kind }, at) => {
    const { box } = answers[at];
    return box ? [[path, kind, box.left, box.top, box.width, box.height].join(",")] : [];
  });
  await Deno.writeTextFile(`${folder}/damage.csv`, ["path,kind,left,top,width,height", ...rows, ""].join("\r\n"));
}

/** Draws each image in the next free worker. */
async function drawAll(wanted: readonly DrawRequest[]): Promise<DrawAnswer[]> {
  const answers: DrawAnswer[] = [];
  let next = 0;
  const run = async () => {
    const worker = new Worker(new URL("./draw_worker.ts", import.meta.url), { type: "module" });
    while (next < wanted.length) {
      const at = next++;
      answers[at] = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(`${wanted[at].file}: ${message}`));
        worker.postMessage(wanted[at]);
      });
    }
    worker.terminate();
  };
  await Promise.all(Array.from({ length: availableCores() }, run));
  return answers;
}
