// What imagescript makes of images, against our own decoders: as JSON.

import { AnomalyClusterError, decodeImage } from "../../../mod.ts";

const other = { decoder: "imagescript" } as const;
const worst: Record<string, number> = {};
try {
  for (
    const name of [
      "docs/report.png",
      "tests/data/fabric/cut/cut-01.jpg",
      "tests/data/images/orientation-6.jpg",
      "tests/data/images/noise.gif",
    ]
  ) {
    const bytes = Deno.readFileSync(new URL(`../../../${name}`, import.meta.url));
    const [own, its] = [await decodeImage(bytes), await decodeImage(bytes, other)];
    const same = own.width === its.width && own.height === its.height;
    worst[name] = 255;
    if (!same) continue;
    worst[name] = 0;
    own.data.forEach((value, at) => worst[name] = Math.max(worst[name], Math.abs(value - its.data[at])));
  }
} catch (error) {
  console.error(error instanceof AnomalyClusterError ? error.code : error);
  Deno.exit(1);
}
const png = Deno.readFileSync(new URL("../../../docs/report.png", import.meta.url));
const refused = [decodeImage(png, { ...other, maxPixels: 1000 }), decodeImage(png.subarray(0, 900), other)];
const errors = (await Promise.allSettled(refused)).map((one) => one.status === "rejected" ? one.reason.code : "none");
console.log(JSON.stringify({ worst, errors }));
