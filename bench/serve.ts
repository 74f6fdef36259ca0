// Puts load on the service from this machine. Measures requests a second, latencies, and whether memory stays flat.
// deno task bench:serve --requests 1000 --clients 1,4,16 --images 2

import { parseArgs } from "node:util";
import encodePng from "@jsquash/png/encode.js";
import manifest from "../deno.json" with { type: "json" };
import { seededRandom } from "../src/random.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000" },
    clients: { type: "string", default: "1,4,16" },
    images: { type: "string", default: "2" },
    side: { type: "string", default: "64" },
    preset: { type: "string", default: "paper" },
  },
});
const [requests, count, side] = [values.requests, values.images, values.side].map(Number);
const crowds = values.clients.split(",").map(Number);

/** Requests between two measurements of the memory. */
const BETWEEN_LOOKS = 100;

/** Draws an image of noise with a square in it, as a PNG. */
async function drawn(seed: number): Promise<File> {
  const random = seededRandom(seed + 1);
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let at = 0; at < side * side; at++) {
    const inside = at % side < side / (2 + seed % 2) && at < side * side / 2;
    data.fill((inside ? 40 : 140) + 60 * random(), at * 4, at * 4 + 3);
  }
  const png = await encodePng({ data, width: side, height: side, colorSpace: "srgb" } as ImageData);
  return new File([png], `${seed}.png`);
}

/** Returns the server's resident memory in MB. */
async function residentMegabytes(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] }).output();
  return Number(new TextDecoder().decode(stdout)) / 1024;
}

function form(images: readonly File[]): FormData {
  const form = new FormData();
  form.append("k", "2");
  for (const image of images) form.append("images", image);
  return form;
}

const [, ...task] = manifest.tasks.serve.command.split(" ");
const server = new Deno.Command(Deno.execPath(), {
  args: [...task, "--port", "0", "--preset", values.preset, "--max-queue", String(Math.max(...crowds))],
  cwd: new URL("..", import.meta.url),
  stdout: "piped",
}).spawn();
const started = Promise.withResolvers<string>();
(async () => {
  for await (const text of server.stdout.pipeThrough(new TextDecoderStream())) {
    const [, url] = text.match(/serving on (\S+)/) ?? [];
    if (url) started.resolve(url);
  }
})();

try {
  const url = `${await started.promise}groups`;
  const images = await Promise.all(Array.from({ length: count }, (_, seed) => drawn(seed)));
  const ask = async () => {
    const begun = performance.now();
    const answer = await fetch(url, { method: "POST", body: form(images) });
    await answer.body?.pipeTo(new WritableStream());
    if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
    return performance.now() - begun;
  };
  for (let warm = 0; warm < 20; warm++) await ask();

  console.log(`${requests} requests of ${count} images of ${side} px, preset ${values.preset}`);
  const memory = [await residentMegabytes(server.pid)];
  let asked = 0;
  for (const [at, clients] of crowds.entries()) {
    const latencies: number[] = [];
    let left = Math.floor(requests * (at + 1) / crowds.length) - Math.floor(requests * at / crowds.length);
    const begun = performance.now();
    await Promise.all(Array.from({ length: clients }, async () => {
      while (left-- > 0) {
        latencies.push(await ask());
        if (++asked % BETWEEN_LOOKS === 0) memory.push(await residentMegabytes(server.pid));
      }
    }));
    const seconds = (performance.now() - begun) / 1000;
    latencies.sort((a, b) => a - b);
    const shown = [0.5, 0.95, 0.99].map((share) => {
      const latency = latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
      return `${share * 100} % ${latency.toFixed(0)} ms`;
    });
    const rate = (latencies.length / seconds).toFixed(1);
    console.log(`${clients} at a time: ${rate} requests/s; latency ${shown.join(", ")}`);
  }
  const told = memory.map((megabytes) => megabytes.toFixed(0)).join(", ");
  console.log(`resident memory every ${BETWEEN_LOOKS} requests, MB: ${told}`);
} finally {
  server.kill("SIGTERM");
  await server.status;
}
