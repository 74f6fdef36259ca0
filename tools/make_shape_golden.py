"""Reference values of shapes, thresholds and colours from scikit-image, for tests/defect/defect_test.ts.

Run: python3 make_shape_golden.py   (needs scikit-image; run in tests/data/golden, writes defect_shapes.json)
"""
import json
import numpy as np
from skimage.color import rgb2lab
from skimage.draw import disk, ellipse, line
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops

random = np.random.default_rng(5)
shapes = []
for kind in ("disk", "ellipse", "turned", "line", "two", "noise"):
    mask = np.zeros((40, 56), dtype=np.uint8)
    if kind == "disk":
        mask[disk((18, 20), 9)] = 1
    elif kind == "ellipse":
        mask[ellipse(20, 28, 6, 20)] = 1
    elif kind == "turned":
        mask[ellipse(20, 28, 5, 17, rotation=0.7)] = 1
    elif kind == "line":
        mask[line(3, 5, 35, 50)] = 1
    elif kind == "two":
        mask[disk((10, 12), 5)] = 1
        mask[disk((28, 40), 7)] = 1
    else:
        mask[random.random(mask.shape) < 0.3] = 1
    props = regionprops(mask)[0]
    shapes.append({
        "kind": kind, "width": 56, "mask": "".join(map(str, mask.ravel())),
        "parts": int(label(mask, connectivity=2).max()),
        "area": float(props.area), "centroid": [props.centroid[1] + 0.5, props.centroid[0] + 0.5],
        "major": float(props.axis_major_length), "minor": float(props.axis_minor_length),
        "eccentricity": float(props.eccentricity), "extent": float(props.extent),
        # Our orientation is measured from the columns' direction, theirs from the rows': a quarter turn.
        "orientation": float((np.degrees(props.orientation) + 90) % 180),
    })

numbers = np.concatenate([random.normal(10, 2, 400), random.normal(22, 3, 120)])
colours = random.integers(0, 256, (40, 3), dtype=np.uint8)
json.dump({
    "shapes": shapes,
    "otsu": {"values": numbers.tolist(), "threshold": float(threshold_otsu(numbers))},
    "lab": {"rgb": colours.tolist(), "lab": rgb2lab(colours[None] / 255.0)[0].tolist()},
}, open("defect_shapes.json", "w"))
