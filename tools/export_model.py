"""Exports backbones, cut at the layers of Sohn et al. (WACV 2023), table 6, as ONNX files with manifests.

Run: pip install -r tools/requirements.txt
     python3 tools/export_model.py dinov2-vit-s14 --weights pretrained --out DIR
     python3 tools/export_model.py --all --weights random --out DIR

Writes DIR/NAME.onnx and DIR/NAME.json (docs/models.md tells what its fields mean), then runs the file in onnxruntime
and fails where it differs from PyTorch.

Input  `image`: float32 [1, 3, height, width], RGB, (pixel - mean) / deviation of pixels from 0 to 255.
Output for each layer: float32 [1, channels, height / stride, width / stride]; class and register tokens are left out.
"""
import argparse
import logging
import pathlib
import sys
from dataclasses import dataclass

import numpy as np
import onnx
import timm
import torch
from timm.layers import Conv2dSame
from torch import nn

from model_manifest import write_manifest
from onnx_export import TOLERANCE, difference, outputs_of, to_onnx


@dataclass(frozen=True)
class Preset:
    """A network of timm, and the layers that are its output, counted from 1: blocks of a ViT, else reductions."""

    timm: str
    layers: tuple[int, ...]
    pool: int = 1  # Side of the average pool with stride 1.
    norm: bool = False  # Whether the network's last normalisation is applied, as its authors do for its last block.


def _resnet(name: str) -> Preset:
    return Preset(f"{name}.tv_in1k", (3,), pool=3)  # Reduction 3 is ResBlock 2.


def _efficientnet(size: str) -> Preset:
    return Preset(f"tf_efficientnet_{size}.aa_in1k", (3,), pool=3)


def _vit(size: str, block: int) -> Preset:
    return Preset(f"vit_{size}_patch16_224.augreg_in21k_ft_in1k", (block,))


def _self_supervised(name: str) -> Preset:
    return Preset(name, (12,), norm=True)


PRESETS = {
    "resnet18": _resnet("resnet18"),
    "resnet50": _resnet("resnet50"),
    "resnet101": _resnet("resnet101"),
    "resnet152": _resnet("resnet152"),
    "wide-resnet50": _resnet("wide_resnet50_2"),
    "efficientnet-b0": _efficientnet("b0"),
    "efficientnet-b4": _efficientnet("b4"),
    "efficientnet-b7": _efficientnet("b7"),
    "vit-t16": _vit("tiny", 7),
    "vit-s16": _vit("small", 7),
    "vit-b16": _vit("base", 7),
    "vit-l16": _vit("large", 13),
    "dino-vit-s16": _self_supervised("vit_small_patch16_224.dino"),
    "dino-vit-b16": _self_supervised("vit_base_patch16_224.dino"),
    "dino-vit-s8": _self_supervised("vit_small_patch8_224.dino"),
    "dino-vit-b8": _self_supervised("vit_base_patch8_224.dino"),
    "dinov2-vit-s14": _self_supervised("vit_small_patch14_dinov2.lvd142m"),
    "dinov2-vit-b14": _self_supervised("vit_base_patch14_dinov2.lvd142m"),
}


class Cut(nn.Module):
    """A network up to some of its layers, each as a grid of patches, averaged over neighbouring patches."""

    def __init__(self, net: nn.Module, preset: Preset, layers: list[int]):
        super().__init__()
        self.net, self.norm, self.indices = net, preset.norm, [layer - 1 for layer in layers]
        self.pool = nn.AvgPool2d(preset.pool, 1, preset.pool // 2, count_include_pad=False)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        found = self.net.forward_intermediates(
            image, indices=self.indices, norm=self.norm, stop_early=True, intermediates_only=True
        )
        return [grid if self.pool.kernel_size == 1 else self.pool(grid) for grid in found]


class StaticSame(nn.Module):
    """TensorFlow's padding as constants. It is right for all input sizes that the stride divides."""

    def __init__(self, conv: Conv2dSame):
        super().__init__()
        spare = [max(0, (k - 1) * d + 1 - s) for k, d, s in zip(conv.kernel_size, conv.dilation, conv.stride)]
        (high, wide), self.conv = spare, nn.Conv2d(
            conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, 0, conv.dilation, conv.groups,
            conv.bias is not None,
        )
        self.conv.load_state_dict(conv.state_dict())
        self.pad = nn.ZeroPad2d((wide // 2, wide - wide // 2, high // 2, high - high // 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.pad(x))


def with_static_padding(net: nn.Module) -> nn.Module:
    for name, child in net.named_children():
        if isinstance(child, Conv2dSame):
            setattr(net, name, StaticSame(child))
        else:
            with_static_padding(child)
    return net


def draw_weights(net: nn.Module, seed: int) -> None:
    """Draws every weight anew. A fresh network of timm switches branches off, which would hide faults in them."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in net.state_dict().items():
        if not value.is_floating_point():
            continue
        if name.endswith(("pos_embed", "cls_token", "reg_token")):
            value.normal_(0, 0.02, generator=generator)
        elif value.ndim > 1:
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
        elif name.endswith(("weight", "gamma", "running_var")):
            value.uniform_(0.5, 1.5, generator=generator)
        else:
            value.normal_(0, 0.1, generator=generator)
    # Batch normalisation gets the statistics of noise, as after training. Otherwise values, and with them rounding
    # errors, would grow from block to block.
    normalisations = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    if normalisations:
        net.eval()
        for module in normalisations:
            module.train().momentum = 1
        with torch.no_grad():
            net(torch.randn(1, 3, 224, 224, generator=generator))


def load_network(preset: Preset, weights: str, size: int) -> nn.Module:
    vit = preset.timm.startswith("vit_")
    options = {"img_size": size} if vit else {}
    try:
        if weights == "random":
            net = timm.create_model(preset.timm, **options)
            draw_weights(net, seed=0)
        elif weights == "pretrained":
            net = timm.create_model(preset.timm, pretrained=True, **options)
        else:
            net = timm.create_model(preset.timm, pretrained=True, pretrained_cfg_overlay={"file": weights}, **options)
    except Exception:
        if weights == "pretrained":
            fail(f"the weights of {preset.timm} cannot be downloaded: fetch them where huggingface.co can be reached "
                 "and give their file with --weights FILE, or take --weights random")
        fail(f"{weights} does not hold weights of {preset.timm}: give a .safetensors or .pth file of that network")
    return net.eval()


def export(name: str, weights: str, out: pathlib.Path, size: int, layers: list[int] | None, reference: bool) -> None:
    preset = PRESETS[name]
    layers = layers or list(preset.layers)
    net = load_network(preset, weights, size)
    info = list(net.feature_info)
    if max(layers) > len(info):
        fail(f"{name} has {len(info)} layers: --layers {max(layers)} is not among them")
    fixed = preset.timm.startswith("vit_")
    kind = "block" if fixed else "reduction"
    levels = [{
        "name": f"{kind}{layer}",
        "layer": info[layer - 1]["module"] + (", normalised" if preset.norm else "")
        + (f", average pool {preset.pool} × {preset.pool}" if preset.pool > 1 else ""),
        "stride": info[layer - 1]["reduction"],
        "channels": info[layer - 1]["num_chs"],
    } for layer in layers]
    multiple = max(level["stride"] for level in levels)
    if size % multiple:
        fail(f"--size {size} is not a multiple of {multiple}, which {name} asks for", code=2)

    cfg = net.pretrained_cfg
    mean, deviation = ([round(255 * value, 4) for value in values] for values in (cfg["mean"], cfg["std"]))
    sides = [size] if fixed else [size, size + multiple]
    pixels = [np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8) for side in sides]
    images = [
        torch.from_numpy(((one.astype(np.float32) - np.float32(mean)) / np.float32(deviation)).transpose(2, 0, 1)[None])
        .contiguous() for one in pixels
    ]
    cut = Cut(net, preset, sorted(layers)).eval()
    order = [sorted(layers).index(layer) for layer in layers]
    with torch.no_grad():
        expected = [[grids[at].numpy() for at in order] for grids in map(cut, images)]
    cut = Cut(with_static_padding(net), preset, sorted(layers)).eval()
    model = to_onnx(cut, images[0], [f"{kind}{layer}" for layer in sorted(layers)], fixed)
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{name}.onnx"
    onnx.save(model, file)
    names = [level["name"] for level in levels]
    found = [outputs_of(file.read_bytes(), image.numpy(), names) for image in images]
    apart = max(difference(*pair) for pair in zip(expected, found))
    if not apart <= TOLERANCE:
        file.unlink()
        fail(f"{name}: onnxruntime differs from PyTorch by {apart:.1e} of the largest output")

    write_manifest(
        file, side=size, multiple=multiple, fixed=fixed, mean=mean, deviation=deviation, levels=levels,
        licence=licence_of(weights, cfg["license"]), source=source_of(weights, preset.timm), difference=apart,
        made_by="tools/export_model.py", packages=["torch", "timm", "onnx", "onnxslim", "onnxruntime"],
    )
    if reference:
        (out / f"{name}.pixels").write_bytes(pixels[0].tobytes())
        (out / f"{name}.expected").write_bytes(b"".join(grid.tobytes() for grid in expected[0]))
    grids = ", ".join(f"{level['name']} {list(grid.shape)}" for level, grid in zip(levels, found[0]))
    print(f"{file}: {grids}, {file.stat().st_size / 1e6:.1f} MB, differs from PyTorch by {apart:.1e}", flush=True)


def licence_of(weights: str, own: str) -> str:
    if weights == "pretrained":
        return own
    return "random weights" if weights == "random" else f"that of the given weights; timm's own: {own}"


def source_of(weights: str, network: str) -> str:
    if weights == "pretrained":
        return f"timm {network}"
    return f"timm {network}, weights {'drawn with seed 0' if weights == 'random' else pathlib.Path(weights).name}"


def fail(message: str, code: int = 1) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)


def main() -> None:
    parser = argparse.ArgumentParser(description="Exports backbones as ONNX files with manifests.")
    parser.add_argument("name", nargs="?", choices=PRESETS, metavar="NAME", help=", ".join(PRESETS))
    parser.add_argument("--all", action="store_true", help="every NAME, one by one")
    parser.add_argument("--names", action="store_true", help="print every NAME, and nothing else")
    parser.add_argument("--weights", default="pretrained", help="random, pretrained (the default) or a file")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."), help="folder to write to")
    parser.add_argument("--size", type=int, default=224, help="side of the images in pixels (224)")
    parser.add_argument("--layers", type=int, nargs="+", metavar="N",
                        help="reductions (2 to 5) or blocks of a ViT, from 1; the first gives the grid (table 6's)")
    parser.add_argument("--reference", action="store_true", help="write input and output too, for check_models.ts")
    options = parser.parse_args()
    if options.names:
        print("\n".join(PRESETS))
        return
    if (options.name is None) != options.all:
        parser.error("give a NAME or --all")
    if options.size < 1 or min(options.layers or [1]) < 1:
        parser.error("--size and --layers are whole numbers from 1 on")
    if options.weights not in ("random", "pretrained") and not pathlib.Path(options.weights).is_file():
        parser.error(f"--weights {options.weights} is neither random nor pretrained nor a file")
    if options.all and options.weights not in ("random", "pretrained"):
        parser.error("--weights FILE is for one NAME")
    logging.disable(logging.WARNING)
    for name in PRESETS if options.all else [options.name]:
        export(name, options.weights, options.out, options.size, options.layers, options.reference)


if __name__ == "__main__":
    main()
