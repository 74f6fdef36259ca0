"""Loads exports by the programs that they are for, and prints as JSON what these read.

Run: python loaders.py PROGRAM FILE-OR-FOLDER
"""

import json
import os
import subprocess
import sys
import tempfile


def pycocotools(path):
    from pycocotools.coco import COCO

    coco = COCO(path)
    shown = []
    for annotation in coco.loadAnns(coco.getAnnIds()):
        image = coco.loadImgs(annotation["image_id"])[0]
        category = coco.loadCats(annotation["category_id"])[0]
        mask = coco.annToMask(annotation)
        assert mask.shape == (image["height"], image["width"])
        ys, xs = mask.nonzero()
        shown.append({
            "file": image["file_name"],
            "label": category["name"],
            "area": annotation["area"],
            "pixels": int(mask.sum()),
            "box": [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1],
            "bbox": annotation["bbox"],
        })
    return shown


def pandas(path):
    import pandas

    # Numbers that an image has not are empty: pandas' own JSON has null for them.
    return json.loads(pandas.read_csv(path).to_json(orient="records"))


def fiftyone(path):
    os.environ["FIFTYONE_DO_NOT_TRACK"] = "true"
    if "FIFTYONE_DATABASE_URI" in os.environ:
        import fiftyone

        type_ = fiftyone.types.FiftyOneImageClassificationDataset
        samples = fiftyone.Dataset.from_dir(dataset_dir=path, dataset_type=type_)
        return [{"file": os.path.realpath(one.filepath), "label": one.ground_truth.label} for one in samples]
    # What from_dir reads by, without the database that it reads into.
    from fiftyone.utils.data.importers import FiftyOneImageClassificationDatasetImporter

    importer = FiftyOneImageClassificationDatasetImporter(dataset_dir=path)
    importer.setup()
    return [{"file": os.path.realpath(file), "label": label.label} for file, _, label in importer]


def datumaro(path):
    from datumaro import Dataset

    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "annotations"))
        os.makedirs(os.path.join(folder, "images"))
        copy = os.path.join(folder, "annotations", "coco.json")
        with open(path) as source, open(copy, "w") as target:
            target.write(source.read())
        dataset = Dataset.import_from(copy, "coco_instances")
        names = [category.name for category in dataset.categories()[next(iter(dataset.categories()))]]
        return [{
            "file": item.id,
            "labels": [names[annotation.label] for annotation in item.annotations],
            "kinds": sorted(annotation.type.name for annotation in item.annotations),
            "areas": [annotation.get_area() for annotation in item.annotations],
        } for item in dataset]


def label_studio(path):
    program = os.path.join(os.path.dirname(sys.executable), "label-studio-converter")
    with tempfile.TemporaryDirectory() as folder:
        tasks = os.path.join(folder, "tasks.json")
        command = [program, "import", "coco", "-i", path, "-o", tasks, "--image-root-url", "/photos"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(tasks) as file:
            read = json.load(file)
    return [{
        "file": task["data"]["image"],
        "labels": [region["value"]["rectanglelabels"][0] for annotation in task["annotations"]
                   for region in annotation["result"] if region["type"] == "rectanglelabels"],
    } for task in read]


print("\n" + json.dumps(globals()[sys.argv[1]](sys.argv[2])))
