// Folders, tables, names and masks as people have them: layouts of data sets, tables from Excel, masks of any colour.

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { AnomalyClusterError } from "../../mod.ts";
import { readMasks } from "../../src/cli/images/read_masks.ts";
import { copiesOf, copyAll } from "../../src/cli/images/copy_images.ts";
import { readCsv } from "../../src/dataset/csv.ts";
import { findImages, type ImageFile } from "../../src/dataset/folder.ts";
import { readLabelTable } from "../../src/dataset/label_table.ts";
import { checkFiles, labelledDataset } from "../../src/dataset/labelled.ts";
import { findLaidOut, type LaidOutFolder, layoutNote } from "../../src/dataset/layout.ts";
import { matchMasks } from "../../src/dataset/masks.ts";
import { groupsCsv, type GroupsFile } from "../../src/report/result.ts";
import { encodeJpeg } from "../../src/report/encode_jpeg.ts";
import { pngOf } from "../support/png.ts";
import { PROJECT, run, withFolder } from "../support/program.ts";

/** A scratch folder with these files: empty, of a text, or of bytes. */
function withFiles(
  files: Readonly<Record<string, string | Uint8Array>> | readonly string[],
  use: (folder: string) => void | Promise<void>,
): Promise<void> {
  const named = Array.isArray(files) ? files.map((path) => [path, ""] as const) : Object.entries(files);
  return withFolder(async (folder) => {
    for (const [path, content] of named) {
      Deno.mkdirSync(join(folder, path, ".."), { recursive: true });
      if (typeof content === "string") Deno.writeTextFileSync(join(folder, path), content);
      else Deno.writeFileSync(join(folder, path), content);
    }
    await use(folder);
  });
}

const labels = ({ images }: LaidOutFolder) => images.map(({ path, label }) => `${path} ${label}`);
const paths = (images: readonly ImageFile[]) => images.map(({ path }) => path);

const MVTEC = [
  "train/good/000.png",
  "train/good/001.png",
  "test/good/000.png",
  "test/hole/000.png",
  "test/cut/000.png",
  "ground_truth/hole/000_mask.png",
  "ground_truth/cut/000_mask.png",
];

Deno.test("MVTec AD's layout: kinds are grouped, train/good is offered, ground truth left out, in one sentence", async () => {
  await withFiles(MVTEC, (folder) => {
    const found = findLaidOut(folder, "bottle/");
    assert.deepEqual(labels(found), ["test/cut/000.png cut", "test/good/000.png good", "test/hole/000.png hole"]);
    assert.deepEqual(paths(found.normals), ["train/good/000.png", "train/good/001.png"]);
    assert.equal(found.masks.length, 2);
    assert.deepEqual(layoutNote(found, "bottle/"), [
      "recognised layout: MVTec AD; the images of test are grouped, the folders in it are their labels; left out: " +
      "ground_truth/ (2 masks; --masks bottle/ground_truth weights by them) and " +
      "train/good/ (2 sound images; --normals bottle/train/good compares with them)",
    ]);
    const { layout, images } = labelledDataset(folder);
    assert.equal(layout, "MVTec AD");
    assert.deepEqual(images.map(({ mask }) => mask?.slice(-17)), ["/cut/000_mask.png", undefined, "hole/000_mask.png"]);
  });
  // Others of this layout: VisA's one-class split, BTAD, and a set without masks or without sound images apart.
  for (
    const [files, count] of [
      [["train/good/1.JPG", "test/good/2.JPG", "test/bad/3.JPG", "ground_truth/bad/3.png"], 2],
      [["train/ok/1.bmp", "test/ok/1.bmp", "test/ko/1.bmp", "ground_truth/ko/1.bmp"], 2],
      [["train/good/1.png", "test/good/1.png", "test/bent/1.png"], 2],
      [["test/hole/1.png", "test/cut/1.png", "ground_truth/hole/1_mask.png", "ground_truth/cut/1_mask.png"], 2],
      [["train/good/1.png", "validation/good/1.png", "test/good/1.png", "test/logical_anomalies/1.png"], 2],
    ] as const
  ) {
    await withFiles(files, (folder) => {
      const found = findLaidOut(folder, folder);
      assert.equal(found.layout, "MVTec AD", files.join());
      assert.equal(found.images.length, count);
      assert(found.images.every(({ path, label }) => path.startsWith(`test/${label}/`)));
    });
  }
});

Deno.test("VisA's layout: labels come from its table where it has all images, else from its folders", async () => {
  const files = {
    "Data/Images/Anomaly/000.JPG": "",
    "Data/Images/Anomaly/001.JPG": "",
    "Data/Images/Normal/0000.JPG": "",
    "Data/Masks/Anomaly/000.png": "",
    "Data/Masks/Anomaly/001.png": "",
  };
  const table = "image,label,mask\ncandle/Data/Images/Normal/0000.JPG,normal,\n" +
    'candle/Data/Images/Anomaly/000.JPG,"bent,melted",candle/Data/Masks/Anomaly/000.png\n' +
    "candle/Data/Images/Anomaly/001.JPG,spot,candle/Data/Masks/Anomaly/001.png\n";
  await withFiles(files, (folder) => {
    const found = findLaidOut(folder, "candle");
    assert.deepEqual(found.images.map(({ label }) => label), ["Anomaly", "Anomaly", "Normal"]);
    const [note] = layoutNote(found, "candle");
    assert.match(note, /^recognised layout: VisA; .*; left out: Data\/Masks\/ \(2 masks; --masks candle\/Data\/Masks /);
    assert.match(note, /cluster candle\/Data\/Images\/Anomaly --normals candle\/Data\/Images\/Normal/);
    assert.deepEqual(labelledDataset(folder).images.map(({ mask }) => mask?.slice(-7)), [
      "000.png",
      "001.png",
      undefined,
    ]);
    Deno.writeTextFileSync(join(folder, "image_anno.csv"), table);
    const told = findLaidOut(folder, "candle");
    assert.deepEqual(told.images.map(({ label }) => label), ["bent,melted", "spot", "normal"]);
    assert.match(layoutNote(told, "candle")[0], /image_anno\.csv has their labels/);
  });
  const inSet = Object.fromEntries(Object.entries(files).map(([path, text]) => [`candle/${path}`, text]));
  await withFiles({ ...inSet, "candle/image_anno.csv": table }, (folder) => {
    const { images, warnings } = labelledDataset(join(folder, "candle", "image_anno.csv"), { name: "image_anno.csv" });
    assert.deepEqual(images.map(({ mask }) => mask?.slice(-7)), [undefined, "000.png", "001.png"]);
    assert(images.every(({ file }) => Deno.statSync(file).isFile));
    assert(warnings.includes("image_anno.csv: its paths were taken to begin in .."));
  });
});

Deno.test("masks in a folder of their own are left out where each is named like an image; others stay images", async () => {
  const cases: [files: string[], labels: (string | undefined)[], masks: number][] = [
    [["images/a/1.jpg", "images/b/2.jpg", "masks/a/1.png", "masks/b/2.png"], ["a", "b"], 2],
    [["a/1.jpg", "b/2.jpg", "ground_truth/a/1_mask.png", "ground_truth/b/2_mask.png"], ["a", "b"], 2],
    [["a/1.jpg", "b/2.jpg", "Ground Truth/other.png"], ["a", "b"], 1],
    [["a/1.jpg", "a/gt/1.png", "b/2.jpg"], ["a", "b"], 1],
    [["a/1.jpg", "b/2.jpg", "masks/3.jpg"], ["a", "b", "masks"], 0],
    [["train/a/1.jpg", "train/b/2.jpg", "val/a/3.jpg"], ["a", "b", "a"], 0],
    [["test/1.jpg", "train/2.jpg", "a/3.jpg"], ["a", "test", "train"], 0],
    // As MVTec AD 2 has it: some images of unknown kinds.
    [
      [
        ...["train/good/1.png", "test_public/good/2.png", "test_public/bad/3.png", "test_private/4.png"],
        "test_public/ground_truth/bad/3_mask.png",
      ],
      [undefined, "bad", "good"],
      1,
    ],
  ];
  for (const [files, expected, masks] of cases) {
    await withFiles(files, (folder) => {
      const found = findLaidOut(folder, folder);
      assert.deepEqual(found.images.map(({ label }) => label), expected, files.join());
      assert.equal(found.masks.length, masks);
      assert.equal(layoutNote(found, folder).length, files[0] === "test/1.jpg" || files[2] === "masks/3.jpg" ? 0 : 1);
    });
  }
});

Deno.test("a folder of several data sets is refused with one sentence that names the first", async () => {
  const sets = ["bottle", "cable"].flatMap((set) => MVTEC.map((path) => `${set}/${path}`));
  await withFiles(sets, async (folder) => {
    const sentence =
      /mvtec\/? holds 2 data sets, each in the layout of MVTec AD or VisA: name one of them, as mvtec\/bottle$/;
    assert.throws(() => findLaidOut(folder, "mvtec"), sentence);
    assert.throws(() => labelledDataset(folder, { name: "mvtec/" }), sentence);
    const { code, stderr } = await run("cluster", folder);
    assert.deepEqual([code, stderr.split("\n").length], [2, 2], stderr);
  });
  await withFiles(MVTEC.map((path) => `in/bottle/${path}`), (folder) => {
    assert.throws(
      () => findLaidOut(folder, "x"),
      /x holds a data set in the layout of MVTec AD or VisA: name it, x\/in\/bottle$/,
    );
  });
});

Deno.test("what systems put beside images is passed over in silence", async () => {
  const junk = [
    ...["Thumbs.db", ".DS_Store", "desktop.ini", "._1.jpg", ".hidden/1.jpg", "__MACOSX/a/._1.jpg", "__MACOSX/1.jpg"],
    ...["a/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/2.jpg", "$RECYCLE.BIN/3.jpg", "@__thumb/1.jpg"],
    ...["System Volume Information/4.jpg", "lost+found/5.jpg", ".@__thumb/6.jpg"],
  ];
  await withFiles(["a/1.jpg", "b/@home.jpg", ...junk], (folder) => {
    const { images, warnings } = findImages(folder);
    assert.deepEqual([paths(images), warnings], [["a/1.jpg", "b/@home.jpg"], []]);
  });
});

Deno.test("masks beside images, by any of the usual names, are left out; an image of such a name stays", async () => {
  const files = ["1.jpg", "1.png", "2.png", "2_mask.png", "3.jpg", "3_GT.bmp", "4.jpg", "4_label.bmp", "face_mask.png"];
  await withFiles(files, (folder) => {
    const { images, warnings } = findImages(folder);
    assert.deepEqual(paths(images), ["1.jpg", "2.png", "3.jpg", "4.jpg", "face_mask.png"]);
    assert.deepEqual(warnings, ["left out: 4 masks, named like the image beside, as 1.png"]);
    const { files: masks, unclear } = matchMasks(images, findAll(folder));
    assert.deepEqual(masks.map((mask) => mask?.slice(folder.length + 1)), [
      "1.png",
      "2_mask.png",
      "3_GT.bmp",
      "4_label.bmp",
      undefined,
    ]);
    assert.deepEqual(unclear, []);
  });
});

/** All files of a flat folder. */
function findAll(folder: string): ImageFile[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => ({ path: name, file: join(folder, name) }));
}

Deno.test("a mask goes to the image whose path it agrees with most; where that is several, to none of them", () => {
  const file = (path: string): ImageFile => ({ path, file: `/masks/${path}` });
  const masksOf = (images: string[], masks: string[]) => {
    const { files, unclear } = matchMasks(images.map((path) => ({ path, file: `/images/${path}` })), masks.map(file));
    return { files: files.map((one) => one?.slice(7)), unclear };
  };
  assert.deepEqual(
    masksOf(["test/cut/0.png", "test/good/0.png", "test/hole/0.png"], ["cut/0_mask.png", "hole/0_mask.png"]),
    {
      files: ["cut/0_mask.png", undefined, "hole/0_mask.png"],
      unclear: [],
    },
  );
  assert.deepEqual(masksOf(["cut/0.jpg", "hole/0.jpg", "hole/1.jpg"], ["0.png", "1.png"]), {
    files: [undefined, undefined, "1.png"],
    unclear: ["cut/0.jpg", "hole/0.jpg"],
  });
  assert.deepEqual(masksOf(["a.jpg"], ["x/a.png", "y/a.png"]), { files: [undefined], unclear: ["a.jpg"] });
  const composed = "S\u00e4ge.JPG", apart = "sa\u0308ge.png";
  assert.deepEqual(masksOf([composed], [apart]).files, [apart]);
  assert.deepEqual(masksOf(["a.jpg"], ["a.jpg", "a.tif", "a_mask.jpg"]).files, ["a.tif"]);
});

/** Bytes of a text in UTF-16. */
function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  [...text].forEach((letter, at) => view.setUint16(at * 2, letter.charCodeAt(0), littleEndian));
  return new Uint8Array(view.buffer);
}

Deno.test("tables in every form that Excel, editors and scripts write hold the same rows", () => {
  const rows = [["Säge 1.jpg", "Riß"], ["b.png", "hole"], ["sub/c,d.tif", "hole"]];
  const bytes = (text: string) => new TextEncoder().encode(text);
  const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const form = (separator: string, end: string, heading: string[] = []) => {
    const quoted = (field: string) => field.includes(separator) ? `"${field}"` : field;
    return [heading, ...rows].filter((row) => row.length).map((row) => row.map(quoted).join(separator) + end).join("");
  };
  const forms: Record<string, Uint8Array> = {
    "commas, no heading": bytes(form(",", "\n")),
    "semicolons, mark": bytes(`\ufeff${form(";", "\r\n", ["Datei", "Klasse"])}`),
    tabs: bytes(form("\t", "\n", ["filename", "class"])),
    bars: bytes(form("|", "\n")),
    "old Mac lines": bytes(form(",", "\r")),
    "told separator": bytes(`sep=;\r\n${form(";", "\r\n")}`),
    "Unicode text": utf16(`\ufeff${form("\t", "\r\n", ["image", "label"])}`, true),
    "UTF-16, the other order": utf16(`\ufeff${form("\t", "\r\n")}`, false),
    "UTF-16, no mark": utf16(form(",", "\n"), true),
    "lines above": bytes(`# exported on Monday\nall defects\npath,label\n${form(",", "\n")}`),
    "a counting column": bytes(
      `,path,label\n${rows.map(([path, label], at) => `${at},"${path}",${label}`).join("\n")}`,
    ),
    Latin: latin(form(";", "\r\n", ["file", "Fehler"])),
    "spaces and empty lines": bytes(`\n  \n path , label \n${form(" , ", "  \n\n").replace("c,d", "c,d")}`.replace(
      "sub/c,d.tif",
      ' "sub/c,d.tif" ',
    )),
    "more columns": bytes(
      `id,score,image_path,mask_path,class_name\n${
        rows.map(([path, label], at) => `${at},0.5,"${path}",m.png,${label}`).join("\n")
      }`,
    ),
    "label first": bytes(`label,path\n${rows.map(([path, label]) => `${label},"${path}"`).join("\n")}`),
  };
  for (const [name, content] of Object.entries(forms)) {
    const table = readLabelTable(content, "t.csv");
    assert.deepEqual(table.rows.map(({ path, label }) => [path, label]), rows, name);
    assert.deepEqual(table.warnings, name === "Latin" ? ["t.csv is not UTF-8: read as Windows-1252"] : [], name);
  }
  assert.equal(readLabelTable(forms["more columns"], "t").columns, "images in column image_path, labels in class_name");
  assert.deepEqual(readLabelTable(forms["more columns"], "t").rows[0].mask, "m.png");
});

Deno.test("whatever bytes a table holds, it is read or refused in a sentence", () => {
  const piece = fc.constantFrom(
    "a.jpg",
    "b.png",
    '"',
    ",",
    ";",
    "\t",
    "\r\n",
    "\n",
    "sep=;",
    "label",
    "ä",
    "\ufeff",
    " ",
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(piece).map((all) => all.join("")), fc.string()), fc.boolean(), (text, wide) => {
      try {
        const { rows } = readLabelTable(wide ? utf16(text, true) : new TextEncoder().encode(text), "t.csv");
        assert(rows.length > 0 && rows.every(({ path, label }) => path && label));
      } catch (error) {
        assert(error instanceof AnomalyClusterError, String(error));
      }
    }),
  );
});

Deno.test("a table without images, labels or files says which of them it lacks", async () => {
  const reason = (text: string) => {
    try {
      readLabelTable(new TextEncoder().encode(text), "t.csv");
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(reason("")!, /^t\.csv is empty: each line needs the path of an image and its label/);
  assert.match(reason("path,label\n")!, /^t\.csv names no image files \(its first line is "path label"\)/);
  assert.match(reason("a.txt,x\nb.txt,y\n")!, /^t\.csv names no image files/);
  assert.match(reason("a.jpg\nb.jpg\n")!, /^t\.csv has one column alone, of images without labels/);
  assert.match(reason("path,label\na.jpg,\nb.jpg,\n")!, /^t\.csv has labels for none of its images/);
  await withFiles({ "t.csv": "a.jpg,x\nb.jpg,y\nc.jpg\n", "one.csv": "a.jpg,x\n" }, async (folder) => {
    const dataset = labelledDataset(join(folder, "t.csv"), { name: "t.csv" });
    assert(dataset.warnings.includes("t.csv: lines without an image or a label are left out, 1 in all"));
    assert.throws(
      () => checkFiles(dataset, "t.csv"),
      /^.*none of the 2 images that t\.csv names is there, a\.jpg first/,
    );
    const { code, stderr } = await run("evaluate", join(folder, "t.csv"));
    assert.equal(code, 2);
    assert.match(stderr, /^error: none of the 2 images/m);
    assert.throws(() => labelledDataset(join(folder, "one.csv")), /holds images of 1 class, x, but evaluation needs/);
  });
  await withFiles(["1.jpg", "2.jpg"], (folder) => {
    assert.throws(() => labelledDataset(folder), /holds no image in a sub-folder, but evaluation needs at least 2/);
  });
});

Deno.test("paths are found however letters are composed, with backslashes and in other case; groups.json's too", async () => {
  const [composed, apart] = ["S\u00e4ge", "Sa\u0308ge"];
  const files = [`${apart}/${apart}.jpg`, `sub/${composed}.jpg`, "sub/B.JPG", "twins/a.jpg", "twins/A.jpg"];
  const table = [
    `${composed}/${composed}.jpg,x`,
    `sub\\${apart}.jpg,y`,
    "SUB/b.jpg,y",
    "twins/A.jpg,x",
    "twins/a.jpg,y",
  ].join("\n");
  await withFiles({ ...Object.fromEntries(files.map((path) => [path, path])), "t.csv": table }, (folder) => {
    const { images, warnings } = labelledDataset(join(folder, "t.csv"), { name: "t.csv" });
    const found = images.map(({ file }) => Deno.readTextFileSync(file));
    assert.deepEqual(found, [files[0], files[1], files[2], "twins/A.jpg", "twins/a.jpg"]);
    assert.deepEqual(warnings, ["t.csv: 1 name found in other case than written"]);

    const groups = {
      groups: [{ group: 1, size: 3, medoid: "" }],
      images: [`${composed}/${composed}.jpg`, `sub/${apart}.jpg`, "twins/a.jpg", "../x.jpg"].map((path) => {
        return { path, group: 1, score: 0, distance: 0 };
      }),
    };
    const { copies, missing } = copiesOf(groups, folder, join(folder, "out"));
    assert.deepEqual(copies.map(({ from }) => Deno.readTextFileSync(from)), [files[0], files[1], "twins/a.jpg"]);
    assert.deepEqual(missing, ["../x.jpg"]);
  });
});

Deno.test("groups.csv begins with a byte order mark where its letters need one, and comes back either way", () => {
  const file = (path: string): GroupsFile => ({
    format: "anomaly-cluster-groups/1",
    settings: {},
    model: "",
    groups: [],
    images: [{ path, group: 1, score: 1, distance: 0 }, { path: "b.jpg", group: 2, score: 1, distance: 0 }],
    warnings: [],
  });
  for (const [path, begin] of [["Säge.jpg", "\ufeffpath,group,"], ["saw.jpg", "path,group,"]]) {
    const text = groupsCsv(file(path));
    assert(text.startsWith(begin));
    assert.deepEqual(readCsv(text)[0].slice(0, 2), ["path", "group"]);
    const { rows } = readLabelTable(new TextEncoder().encode(text), "groups.csv");
    assert.deepEqual(rows, [{ path, label: "1" }, { path: "b.jpg", label: "2" }]);
  }
});

Deno.test("files of one name for the file system are all copied, and copies that are there count as done", async () => {
  await withFiles({ "a.jpg": "first", "b.jpg": "second" }, async (folder) => {
    const out = join(folder, "out");
    Deno.mkdirSync(out);
    // As `A.jpg` and `a.jpg` are where case does not count.
    const copies = ["a.jpg", "b.jpg"].map((name) => ({ from: join(folder, name), to: join(out, "group", "same.jpg") }));
    assert.equal(await copyAll(copies, out), 0);
    const copied = [...Deno.readDirSync(join(out, "group"))].map(({ name }) => name).sort();
    assert.deepEqual(copied, ["same (2).jpg", "same.jpg"]);
    assert.equal(Deno.readTextFileSync(join(out, "group", "same (2).jpg")), "second");
    assert.equal(await copyAll([copies[0]], out), 1);
    await assert.rejects(copyAll([copies[1]], out), /already holds 1 of these files, group.same\.jpg first/);
  });
});

/** What a mask of 8 × 8 pixels marks in a grid of 2 × 2, and what is told of it. */
async function marked(
  name: string,
  bytes: Uint8Array,
  shape = { width: 8, height: 8 },
): Promise<{ patches: number[]; told: string[] }> {
  let result: { patches: number[]; told: string[] };
  await withFiles({ [name]: bytes }, async (folder) => {
    const { masks, warnings } = await readMasks([{ mask: join(folder, name), shape }], { rows: 2, cols: 2 });
    result = { patches: [...masks.data], told: warnings.map((warning) => warning.replace(/^mask .*?: /, "")) };
  });
  return result!;
}

Deno.test("masks of any value and colour mark what is not 0; what was taken is told unless it is white on black", async () => {
  const inMark = (x: number, y: number) => x < 3 && y < 3;
  const grey = (value: number, ground = 0) => (x: number, y: number) => [inMark(x, y) ? value : ground];
  const colours = (mark: number[], ground: number[]) => (x: number, y: number) => inMark(x, y) ? mark : ground;
  const cases: [name: string, bytes: Uint8Array, patches: number[], told: RegExp[]][] = [
    ["white", pngOf(8, 8, grey(255)), [1, 0, 0, 0], []],
    ["black", pngOf(8, 8, grey(0)), [0, 0, 0, 0], [/^black: it marks nothing$/]],
    ["one", pngOf(8, 8, grey(1)), [1, 0, 0, 0], [/^what is not black: 1 was taken as marked$/]],
    ["of 16 bits", pngOf(8, 8, grey(1), { depth: 16 }), [1, 0, 0, 0], [/^what is not black: 1 was taken/]],
    [
      "colour",
      pngOf(8, 8, colours([0, 128, 0], [0, 0, 0]), { colours: "colours" }),
      [1, 0, 0, 0],
      [/^what is not black: \(0, 128, 0\) was taken as marked$/],
    ],
    [
      "palette",
      pngOf(8, 8, grey(1), { colours: "palette", palette: [0, 0, 0, 128, 0, 0] }),
      [1, 0, 0, 0],
      [/\(128, 0, 0\)/],
    ],
    [
      "black, cut out",
      pngOf(8, 8, colours([0, 0, 0, 255], [0, 0, 0, 0]), { colours: "alpha" }),
      [1, 0, 0, 0],
      [/^what is not transparent was taken as marked$/],
    ],
    [
      "red over transparent white",
      pngOf(8, 8, colours([255, 0, 0, 128], [255, 255, 255, 0]), { colours: "alpha" }),
      [1, 0, 0, 0],
      [/^what is not transparent was taken as marked$/],
    ],
    [
      "inverted",
      pngOf(8, 8, grey(0, 255)),
      [1, 1, 1, 1],
      [/^more than half of the image is marked: if that is what is sound, invert it$/],
    ],
    ["all of one value", pngOf(8, 8, grey(7, 7)), [0, 0, 0, 0], [
      /^all of one colour that is not black: it marks nothing$/,
    ]],
  ];
  for (const [name, bytes, patches, told] of cases) {
    const found = await marked("m.png", bytes);
    assert.deepEqual(found.patches, patches, name);
    assert.equal(found.told.length, told.length, `${name}: ${found.told}`);
    found.told.forEach((sentence, at) => assert.match(sentence, told[at]));
  }
  const halfMarked = await marked("m.png", pngOf(8, 8, colours([1], [2])));
  assert.equal(halfMarked.told.length, 2);
});

Deno.test("masks of lossy files are cut at half of their brightest; of other sizes they are stretched, and that is told", async () => {
  const data = new Uint8ClampedArray(64 * 64 * 4).fill(255);
  for (let at = 0; at < 64 * 64; at++) {
    const value = at % 64 < 24 && at / 64 < 24 ? 255 : 0;
    data.fill(value, at * 4, at * 4 + 3);
  }
  const jpeg = new Uint8Array(await encodeJpeg(new ImageData(data, 64, 64), { quality: 60 }));
  const { patches, told } = await marked("m.jpg", jpeg);
  assert.deepEqual(patches, [1, 0, 0, 0]);
  assert.match(told[0], /brighter than half of the brightest, as their format is lossy was taken as marked$/);
  const wide = await marked("m.png", pngOf(16, 4, (x, y) => [x < 3 && y < 1 ? 255 : 0]));
  assert.deepEqual(wide, {
    patches: [1, 0, 0, 0],
    told: ["of another shape than its image, over which it was stretched"],
  });
  const larger = await marked("m.png", pngOf(32, 32, (x, y) => [x < 3 && y < 3 ? 255 : 0]));
  assert.deepEqual(larger, { patches: [1, 0, 0, 0], told: [] });
  for (const name of ["m.jpg", "m.png"]) {
    const photo = Deno.readFileSync(
      join(PROJECT, name === "m.jpg" ? "tests/data/fabric/cut/cut-01.jpg" : "docs/report.png"),
    );
    const { patches, told } = await marked(name, photo);
    assert.deepEqual([patches, told], [[0, 0, 0, 0], ["it looks like a photograph, no mask, and is not used"]]);
  }
  const damaged = await marked("m.png", new Uint8Array(20));
  assert.match(damaged.told[0], /no image/);
});

Deno.test("cluster on MVTec AD's layout: kinds as labels, no mask among the images, masks that weigh", async () => {
  const fabric = (name: string) =>
    Deno.readFileSync(join(PROJECT, "tests/data/fabric", name.slice(0, -3), `${name}.jpg`));
  const files: Record<string, Uint8Array> = { "Thumbs.db": new Uint8Array(9) };
  for (const number of ["01", "02", "03"]) {
    files[`train/good/${number}.jpg`] = fabric(`good-0${Number(number) + 3}`);
    for (const kind of ["cut", "hole", "good"]) files[`test/${kind}/${number}.jpg`] = fabric(`${kind}-${number}`);
    for (const kind of ["cut", "hole"]) {
      files[`ground_truth/${kind}/${number}_mask.png`] = pngOf(
        256,
        256,
        (x, y) => [x > 96 && y > 96 && x < 160 ? 1 : 0],
      );
    }
  }
  await withFiles(files, async (folder) => {
    const set = join(folder, ".");
    const quick = ["--labels", "folders", "--preset", "paper", "--size", "64", "--json", "-"];
    const out = ["--out", `${folder}-out`];
    try {
      const { code, stdout, stderr } = await run("cluster", set, ...quick, ...out);
      assert.equal(code, 0, stderr);
      const { images, warnings }: GroupsFile = JSON.parse(stdout);
      assert.deepEqual([...new Set(images.map(({ label }) => label))], ["cut", "good", "hole"]);
      assert.equal(images.length, 9);
      assert.deepEqual(warnings.length, 1, warnings.join("\n"));
      const masked = await run("cluster", set, ...quick, ...out, "--masks", join(folder, "ground_truth"));
      assert.equal(masked.code, 0, masked.stderr);
      assert.match(
        masked.stderr,
        /^warning: masks cut\/01_mask\.png and 5 more: what is not black: 1 was taken as marked$/m,
      );
      assert.match(
        masked.stderr,
        /^warning: 3 images have no readable mask and get uniform weights, test\/good\/01\.jpg first$/m,
      );
    } finally {
      Deno.removeSync(`${folder}-out`, { recursive: true });
    }
  });
});
