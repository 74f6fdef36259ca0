"""What all export tools share: conversion from PyTorch to ONNX, and how far the two differ."""
import contextlib
import io
import warnings

import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch
from torch import nn

TOLERANCE = 1e-4  # Largest difference from PyTorch, as a share of the largest output.


def to_onnx(net: nn.Module, image: torch.Tensor, names: list[str], fixed: bool, batch: bool = False) -> onnx.ModelProto:
    """Traces a network whose input is `image`. Unless `fixed` it accepts any sides, with `batch` any image count."""
    first = {0: "batch"} if batch else {}
    axes = {"image": {**first, 2: "height", 3: "width"},
            **{name: {**first, 2: f"{name}_rows", 3: f"{name}_cols"} for name in names}}
    raw = io.BytesIO()
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")  # Warnings of tracing: the input's sides are constants on purpose.
        torch.onnx.export(
            net, (image,), raw, input_names=["image"], output_names=names, opset_version=17, dynamo=False,
            dynamic_axes=None if fixed else axes,
        )
    return onnxslim.slim(onnx.load_model_from_string(raw.getvalue()))


def outputs_of(model: bytes, image: np.ndarray, names: list[str]) -> list[np.ndarray]:
    """Runs a model on an image in onnxruntime."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(names, {"image": image})


def difference(expected: list[np.ndarray], found: list[np.ndarray]) -> float:
    """Returns the largest difference, as a share of the largest expected number."""
    return max(float(abs(a - b).max() / abs(a).max()) for a, b in zip(expected, found))
