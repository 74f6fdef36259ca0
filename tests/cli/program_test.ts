// The program as a real process: which files it writes, what it prints, and what it refuses.

import assert from "node:assert/strict";
import { join } from "node:path";
import encodePng from "@jsquash/png/encode.js";
import type { GroupsFile } from "../../src/report/result.ts";
import { PROJECT, runTask, withFolder } from "../support/program.ts";
import { NODE, testPrograms } from "../runtimes/support/programs.ts";

const FABRIC = join(PROJECT, "tests/data/fabric");

/** Some images of the fabric set in `folder`. */
function copyFabric(folder: string, ...names: string[]): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (const name of names) Deno.copyFileSync(join(FABRIC, name), join(folder, name.replace("/", "-")));
}

const SIX = ["hole/hole-01.jpg", "hole/hole-02.jpg", "stain/stain-01.jpg", "cut/cut-01.jpg", "cut/cut-02.jpg"];

testPrograms(
  "the fabric set: groups agree with the folders, and all three files say the same",
  [NODE],
  async ({ run }) => {
    const cluster = (...args: string[]) => run("cluster", ...args);
    await withFolder(async (out) => {
      const { code, stdout, stderr } = await cluster(FABRIC, "--labels", "folders", "--out", out);
      assert.equal(code, 0, stderr);
      const file: GroupsFile = JSON.parse(await Deno.readTextFile(join(out, "groups.json")));
      assert.equal(file.images.length, 60);
      assert(file.metrics!.nmi > 0.7, `NMI ${file.metrics!.nmi}`);
      assert.equal(file.groups.reduce((sum, { size }) => sum + size, 0), 60);
      assert.equal(file.tree!.pairs.length, 59);
      assert.match(stdout, /NMI [01]\.\d+ {2}ARI/);
      assert.match(stdout, /60 images in \d+ groups \(k automatically: the clearest of 2 to 20\)/);
      const csv = (await Deno.readTextFile(join(out, "groups.csv"))).trimEnd().split("\r\n");
      assert.match(csv[0], /^path,group,distance,score,outlier,left,top,width,height,area,/);
      assert.deepEqual(
        csv.slice(1).map((line) => line.split(",").slice(0, 9).join(",")),
        file.images.map(({ path, group, distance, score, outlier, defect }) => {
          const { left, top, width, height } = defect!;
          return [path, group, distance, score, outlier ? "yes" : "no", left, top, width, height].join(",");
        }),
      );
      assert(csv.every((line) => line.split(",").length === csv[0].split(",").length));
      assert(file.groups.every(({ medoid }) => file.images.find(({ path }) => path === medoid)!.distance === 0));
    });
  },
);

Deno.test("deno task demo tells the four kinds of the photos in demo/ apart", async () => {
  await withFolder(async (out) => {
    const { code, stdout, stderr } = await runTask("demo", "--out", out);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /warning/);
    assert.match(stdout, /^80 images in 4 groups \(k automatically: /);
    const { groups, metrics, settings }: GroupsFile = JSON.parse(await Deno.readTextFile(join(out, "groups.json")));
    assert.equal(settings.preset, "default");
    assert.equal(groups.length, 4);
    assert(metrics!.nmi >= 0.9, `NMI ${metrics!.nmi}`);
  });
});

testPrograms("--json - prints the result and nothing else on standard output", [NODE], async ({ run }) => {
  const cluster = (...args: string[]) => run("cluster", ...args);
  await withFolder(async (folder) => {
    copyFabric(join(folder, "in"), ...SIX);
    const options = ["--k", "3", "--json", "-", "--tau", "0.5", "--preset", "paper", "--memory"];
    const { code, stdout, stderr } = await cluster(join(folder, "in"), ...options);
    assert.equal(code, 0);
    const file: GroupsFile = JSON.parse(stdout);
    assert.equal(file.groups.length, 3);
    assert.equal(file.settings.tau, 0.5);
    assert.equal(file.settings.preset, "paper");
    assert.equal(file.model, "efficientnet-lite0-reduction4@224 (pixel - 127) / 128");
    const [, megabytes] = stderr.match(/^memory: (\d+) MB at most$/m)!;
    assert(Number(megabytes) > 50 && Number(megabytes) < 4000, megabytes);
    assert.deepEqual(file, JSON.parse(await Deno.readTextFile(join(folder, "in-clusters", "groups.json"))));
  });
});

testPrograms(
  "two networks, four views and a consensus of temperatures: the same groups again on a second run",
  [NODE],
  async ({ run }) => {
    const cluster = (...args: string[]) => run("cluster", ...args);
    await withFolder(async (folder) => {
      copyFabric(join(folder, "in"), ...SIX);
      const again = async () => {
        const { code, stdout, stderr } = await cluster(
          join(folder, "in"),
          "--preset",
          "best",
          "--k",
          "3",
          "--json",
          "-",
        );
        assert.equal(code, 0, stderr);
        return stdout;
      };
      const first = await again();
      const file: GroupsFile = JSON.parse(first);
      assert.match(String(file.settings.tauGiven), /^auto: a consensus of perplexity of 10 % /);
      assert.match(
        file.model,
        /^efficientnet-lite0-lite2 × 4 views reduction4\+reduction3\+reduction5\+lite2-reduction4.*@224 /,
      );
      const groupOf = (path: string) => file.images.find((image) => image.path === path)!.group;
      assert.equal(groupOf("cut-cut-01.jpg"), groupOf("cut-cut-02.jpg"));
      assert.equal(groupOf("hole-hole-01.jpg"), groupOf("hole-hole-02.jpg"));
      assert.equal(await again(), first);
    });
  },
);

testPrograms(
  "--threshold cuts where the tree is that high; --smallest-group marks members of smaller groups",
  [NODE],
  async ({ run }) => {
    const cluster = (...args: string[]) => run("cluster", ...args);
    await withFolder(async (folder) => {
      copyFabric(join(folder, "in"), ...SIX);
      const found = async (...args: string[]): Promise<GroupsFile> => {
        const { code, stdout, stderr } = await cluster(join(folder, "in"), "--preset", "paper", "--json", "-", ...args);
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout);
      };
      const three = await found("--k", "3");
      const [low, high] = three.tree!.heights.slice(-3);
      const cut = await found("--threshold", String((low + high) / 2));
      assert.deepEqual(cut.images, three.images);
      assert.match(String(cut.settings.kChosen), /^by a threshold of /);
      assert.equal((await found("--threshold", String(2 * three.tree!.heights.at(-1)!))).groups.length, 1);
      const marked = await found("--k", "3", "--smallest-group", "7");
      assert(marked.images.every(({ outlier }) => outlier) && !three.images.some(({ outlier }) => outlier));
      const both = await cluster(join(folder, "in"), "--k", "3", "--threshold", "1");
      assert.equal(both.code, 2);
      assert.match(both.stderr, /--k and --threshold exclude each other/);
    });
  },
);

testPrograms("images that cannot be used are named, skipped and counted; twins do no harm", [NODE], async ({ run }) => {
  const cluster = (...args: string[]) => run("cluster", ...args);
  await withFolder(async (folder) => {
    const images = join(folder, "in");
    copyFabric(images, ...SIX);
    const whole = Deno.readFileSync(join(images, "hole-hole-01.jpg"));
    Deno.writeFileSync(join(images, "twin.jpg"), whole);
    Deno.writeFileSync(join(images, "wrong-extension.png"), whole); // A JPEG all the same: told by content.
    Deno.writeFileSync(join(images, "truncated.jpg"), whole.subarray(0, whole.length / 2));
    Deno.writeFileSync(join(images, "zero.jpg"), new Uint8Array());
    Deno.writeTextFileSync(join(images, "text.jpg"), "not an image");
    Deno.writeTextFileSync(join(images, "scan.tiff"), "II");
    Deno.copyFileSync(new URL("../data/images/pages.tif", import.meta.url), join(images, "pages.tif"));
    const pixel = { data: new Uint8ClampedArray(4), width: 1, height: 1, colorSpace: "srgb" } as ImageData;
    Deno.writeFileSync(join(images, "dot.png"), new Uint8Array(await encodePng(pixel)));
    const { code, stderr } = await cluster(images);
    assert.equal(code, 0, stderr);
    const file: GroupsFile = JSON.parse(await Deno.readTextFile(join(folder, "in-clusters", "groups.json")));
    assert.equal(file.images.length, SIX.length + 3);
    assert(file.warnings.includes("pages.tif: 3 pages, the first is used"));
    for (const name of ["truncated.jpg", "zero.jpg", "text.jpg", "scan.tiff", "dot.png"]) {
      assert(file.warnings.some((warning) => warning.startsWith(`${name}: `)), name);
      assert.match(stderr, new RegExp(`warning: ${name}: `));
    }
    const groupOf = (path: string) => file.images.find((image) => image.path === path)!.group;
    assert.equal(groupOf("twin.jpg"), groupOf("hole-hole-01.jpg"));
    assert(file.images.every(({ score, distance }) => Number.isFinite(score) && Number.isFinite(distance)));
  });
});

testPrograms("bad input: one plain sentence and the exit code", [NODE], async ({ run }) => {
  const cluster = (...args: string[]) => run("cluster", ...args);
  await withFolder(async (folder) => {
    const images = join(folder, "in");
    copyFabric(images, ...SIX);
    Deno.mkdirSync(join(folder, "empty"));
    copyFabric(join(folder, "one"), SIX[0]);
    Deno.writeTextFileSync(join(folder, "file"), "");
    const cases: [args: string[], code: number, message: RegExp][] = [
      [[], 2, /missing required argument 'FOLDER'/],
      [[join(folder, "nowhere")], 2, /nowhere does not exist: name a folder of images/],
      [[join(folder, "file")], 2, /file cannot be read as a folder/],
      [[join(folder, "empty")], 1, /empty holds no images that can be read/],
      [[join(folder, "one")], 1, /one: 1 of 1 image can be used: at least 2 are needed/],
      [[images, "--k", "7"], 2, /--k is 7, more than the 5 usable images/],
      [[images, "--k", "0"], 2, /It must be auto or a whole number from 1 on/],
      [[images, "--tau", "-1"], 2, /It must be above 0/],
      [[images, "--weight", "sfot"], 2, /Did you mean soft\?/],
      [[images, "--size", "100"], 2, /multiple of 32/],
      [[images, "--sise", "64"], 2, /unknown option '--sise'\s+\(Did you mean --size\?\)/],
      [[images, "--weight", "labelled-normal"], 2, /need --normals DIR/],
      [[images, "--weight", "mask"], 2, /needs --masks DIR/],
      [[images, "--weight", "soft", "--normals", images], 2, /makes no use of --normals/],
      [[images, "--weight", "soft", "--masks", images], 2, /makes no use of --masks/],
      [[images, "--preset", "bset"], 2, /Did you mean best\?/],
      [[images, "--tau", "120%"], 2, /a share of the patches, as 30%/],
      [[images, "--engine", "native"], 1, /needs the npm package onnxruntime-node/],
      [[images, "--pool", "max", "--distance", "min-min"], 2, /exclude each other/],
      [[images, "--masks", join(folder, "one")], 2, /no mask named like an image/],
      [[images, "--normals", join(folder, "empty")], 2, /holds no usable images/],
      [[images, "--cluster", "kmean"], 2, /Did you mean kmeans\?/],
      [[images, "--cluster", "gmm", "--distance", "min-min"], 2, /needs one vector an image/],
      [[images, "--weight", "hard", "--top", "999"], 2, /the 999 highest of 196 patches/],
      [[images, "--model", join(folder, "none.onnx")], 2, /none\.onnx cannot be read/],
      [[images, "--model", join(images, "hole-hole-01.jpg")], 1, /cannot be opened as an ONNX model/],
      [[images, "--out", images], 2, /lies in the input folder/],
      [[images, "--out", join(images, "deeper")], 2, /lies in the input folder/],
      [[images, "--out", join(folder, "file", "below")], 1, /cannot be written: name another folder with --out/],
    ];
    for (const [args, code, message] of cases) {
      const result = await cluster(...args);
      assert.equal(result.code, code, `${args.join(" ")}: ${result.stderr}`);
      assert.match(result.stderr, message);
      assert.equal(result.stdout, "");
    }
    assert.equal([...Deno.readDirSync(images)].length, SIX.length, "nothing was written into the input");
  });
});

testPrograms(
  "labelled normals and masks weight the patches; --help names each method with its source",
  [NODE],
  async ({ run }) => {
    const cluster = (...args: string[]) => run("cluster", ...args);
    await withFolder(async (folder) => {
      const images = join(folder, "in");
      copyFabric(images, ...SIX);
      const normal = await cluster(images, "--normals", join(FABRIC, "good"), "--k", "3", "--json", "-");
      assert.equal(normal.code, 0, normal.stderr);
      assert.equal(JSON.parse(normal.stdout).settings.weight, "labelled-normal");

      // A mask of the lower right quarter for one image; the others have none and stay uniform.
      const data = new Uint8ClampedArray(64 * 64 * 4);
      for (let y = 32; y < 64; y++) data.fill(255, (y * 64 + 32) * 4, (y + 1) * 64 * 4);
      const mask = await encodePng({ data, width: 64, height: 64, colorSpace: "srgb" } as ImageData);
      Deno.mkdirSync(join(folder, "masks"));
      Deno.writeFileSync(join(folder, "masks", "cut-cut-01_mask.png"), new Uint8Array(mask));
      const settings = ["--preset", "paper", "--k", "3", "--json", "-"];
      const masked = await cluster(images, "--masks", join(folder, "masks"), ...settings);
      assert.equal(masked.code, 0, masked.stderr);
      const file: GroupsFile = JSON.parse(masked.stdout);
      assert.equal(file.settings.weight, "mask");
      assert(file.warnings.some((warning) => warning.startsWith("4 images have no readable mask")));
      assert(
        file.groups.some(({ medoid, size }) => medoid === "cut-cut-01.jpg" && size === 1),
        "the mask was not used",
      );
    });
    const { code, stdout } = await cluster("--help");
    assert.equal(code, 0);
    for (
      const text of [
        "four directions",
        "soft-max",
        "eq. 10",
        "FasterPAM",
        "max-hausdorff-average",
        "bag-of-words",
        "labelled-normal",
      ]
    ) {
      assert(stdout.includes(text), text);
    }
  },
);
