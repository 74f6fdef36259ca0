"""Makes repositories in the form of the Hugging Face hub's ONNX exports, with random weights and what PyTorch gives.

Run: pip install -r tools/requirements-hub.txt
     python3 tools/make_hub_exports.py --out tests/data/hub            # the small ones that the tests read
     python3 tools/make_hub_exports.py --full --out DIR [NAME …]  # those of tools/check_hub_exports.ts, full size
     python3 tools/make_hub_exports.py --others --out DIR         # the other kinds that are known, small

Each DIR/NAME holds config.json and preprocessor_config.json as transformers writes them, README.md, and
onnx/model.onnx; with --variants the numbers of 16 bits and of 8 bits, and weights beside the file, as the hub has them.
DIR/NAME.pixels is an image of bytes [side, side, 3], DIR/NAME.expected PyTorch's last_hidden_state for it as float32.
"""
import argparse
import contextlib
import io
import logging
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16
from torch import nn
from transformers import BitImageProcessor, ConvNextImageProcessor, DINOv3ViTImageProcessor, ViTImageProcessor

TOLERANCE = 1e-4  # Largest difference of onnxruntime from PyTorch, as a share of the largest number.
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

SMALL_VIT = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL_STAGES = {"depths": [1, 1, 1, 1]}


def vit(small: bool, **more) -> dict:
    sizes = SMALL_VIT if small else {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6}
    return {**sizes, "intermediate_size": 4 * sizes["hidden_size"], **more}


def bit(side: int, resized: int) -> BitImageProcessor:
    return BitImageProcessor(size={"shortest_edge": resized}, crop_size=side, image_mean=MEAN, image_std=DEVIATION)


# Name → (configuration, model, image processor), either small for tests or in the size of the published networks.
def networks(small: bool) -> dict[str, tuple]:
    t = transformers
    side = 56 if small else 224
    return {
        "dinov2": (
            t.Dinov2Config(**vit(small, patch_size=14, image_size=70 if small else 518)) if small
            else t.Dinov2Config(hidden_size=384, num_attention_heads=6, patch_size=14, image_size=518),
            t.Dinov2Model, bit(side, 64 if small else 256),
        ),
        "dinov2-with-registers": (
            t.Dinov2WithRegistersConfig(
                hidden_size=24 if small else 384, num_hidden_layers=2 if small else 12,
                num_attention_heads=2 if small else 6, patch_size=14, image_size=70 if small else 518,
                num_register_tokens=4,
            ),
            t.Dinov2WithRegistersModel, bit(side, 64 if small else 256),
        ),
        "dinov3-vit": (
            t.DINOv3ViTConfig(**vit(small, patch_size=16, image_size=64 if small else 224, num_register_tokens=4)),
            t.DINOv3ViTModel, DINOv3ViTImageProcessor(size={"height": 64 if small else 224, "width": 64 if small else 224}),
        ),
        "dino-vit-s16": (
            t.ViTConfig(**vit(small, patch_size=16, image_size=64 if small else 224)),
            lambda config: t.ViTModel(config, add_pooling_layer=False),
            ViTImageProcessor(size=64 if small else 224, image_mean=MEAN, image_std=DEVIATION),
        ),
        "swin": (
            t.SwinConfig(embed_dim=6, num_heads=[1, 1, 2, 2], window_size=2, image_size=64, **SMALL_STAGES) if small
            else t.SwinConfig(),
            t.SwinModel,
            ViTImageProcessor(size=64 if small else 224, image_mean=MEAN, image_std=DEVIATION),
        ),
        "convnext": (
            t.ConvNextConfig(hidden_sizes=[8, 12, 16, 24], image_size=64, **SMALL_STAGES) if small
            else t.ConvNextConfig(),
            t.ConvNextModel,
            ConvNextImageProcessor(
                size={"shortest_edge": 64 if small else 224}, image_mean=MEAN, image_std=DEVIATION,
            ),
        ),
        "dinov3-convnext": (
            t.DINOv3ConvNextConfig(hidden_sizes=[8, 12, 16, 24], **SMALL_STAGES) if small
            else t.DINOv3ConvNextConfig(),
            t.DINOv3ConvNextModel, DINOv3ViTImageProcessor(size={"height": 64 if small else 224, "width": 64 if small else 224}),
        ),
    }


def others() -> dict[str, tuple]:
    """Returns small networks of the other kinds that src/embed/hub_network.ts knows, for tools/check_hub_exports.ts."""
    t = transformers
    flat = vit(True, patch_size=16, image_size=64)
    staged = {"hidden_sizes": [8, 12, 16, 24], **SMALL_STAGES}
    kinds = {
        "deit": (t.DeiTConfig(**flat), t.DeiTModel),
        "beit": (t.BeitConfig(**flat), t.BeitModel),
        "vit-msn": (t.ViTMSNConfig(**flat), t.ViTMSNModel),
        "ijepa": (t.IJepaConfig(**flat), t.IJepaModel),
        "clip": (t.CLIPVisionConfig(**flat), t.CLIPVisionModel),
        "siglip": (t.SiglipVisionConfig(**flat), t.SiglipVisionModel),
        "swinv2": (
            t.Swinv2Config(embed_dim=6, num_heads=[1, 1, 2, 2], window_size=2, image_size=64, **SMALL_STAGES),
            t.Swinv2Model,
        ),
        "convnextv2": (t.ConvNextV2Config(image_size=64, **staged), t.ConvNextV2Model),
        "resnet": (t.ResNetConfig(embedding_size=8, layer_type="basic", **staged), t.ResNetModel),
    }
    processor = ViTImageProcessor(size=64, image_mean=MEAN, image_std=DEVIATION)
    return {name: (*kind, processor) for name, kind in kinds.items()}


# The networks whose files the tests read.
TESTED = ["dinov2", "dinov2-with-registers", "dinov3-vit", "dino-vit-s16", "swin", "convnext"]


# The networks for which src/embed/hub_network.ts lets --size choose. They are checked on larger images too. DINOv3 is
# not among them: tracing turns the side by which positions are divided into a constant, so on other sides its file
# would be wrong without any error.
ANY_SIDE = {"dinov2": 28, "convnext": 32, "dinov3-convnext": 32}


class Exported(nn.Module):
    """What the hub's exports for feature extraction return."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.net(pixel_values=pixel_values).last_hidden_state


def draw_weights(net: nn.Module) -> None:
    """Draws every weight anew. Fresh networks switch branches off, which would hide faults in them."""
    generator = torch.Generator().manual_seed(0)
    for name, value in net.state_dict().items():
        if not value.is_floating_point() or "inv_freq" in name:
            continue
        if any(part in name for part in ("position_embeddings", "cls_token", "register_tokens")):
            value.normal_(0, 0.02, generator=generator)
        elif value.ndim > 1:
            value.normal_(0, (1 / value[0].numel()) ** 0.5, generator=generator)
        elif name.endswith(("weight", "lambda1", "layer_scale_parameter", "running_var")):
            value.uniform_(0.5, 1.5, generator=generator)
        else:
            value.normal_(0, 0.1, generator=generator)


def side_of(processor) -> int:
    size = getattr(processor, "crop_size", None) if getattr(processor, "do_center_crop", False) else None
    size = dict(size or processor.size)
    return size.get("height") or size["shortest_edge"]


def make(name: str, small: bool, variants: bool, out: pathlib.Path) -> None:
    config, build, processor = {**networks(small), **others()}[name]
    net = build(config).eval()
    draw_weights(net)
    folder = out / name
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    net.config.architectures = [type(net).__name__]
    net.config.save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "README.md").write_text(
        f"---\nlibrary_name: transformers.js\nlicense: cc0-1.0\n---\n\nRandom weights in the form of {name}.\n"
    )
    side = side_of(processor)
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    scaled = pixels.astype(np.float32) * np.float32(processor.rescale_factor)
    image = (scaled - np.float32(processor.image_mean)) / np.float32(processor.image_std)
    image = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))
    with torch.no_grad():
        expected = Exported(net)(image).numpy()
    (out / f"{name}.pixels").write_bytes(pixels.tobytes())
    (out / f"{name}.expected").write_bytes(expected.tobytes())

    file = folder / "onnx" / "model.onnx"
    model = to_onnx(net, image, expected.ndim)
    onnx.save(model, file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    found = session.run(["last_hidden_state"], {"pixel_values": image.numpy()})[0]
    difference = float(abs(found - expected).max() / abs(expected).max())
    assert difference <= TOLERANCE, f"{name}: onnxruntime differs from PyTorch by {difference:.1e}"
    if name in ANY_SIDE:
        larger = torch.from_numpy(np.random.default_rng(1).random((1, 3, *[side + ANY_SIDE[name]] * 2), np.float32))
        with torch.no_grad():
            wanted = Exported(net)(larger).numpy()
        found = session.run(["last_hidden_state"], {"pixel_values": larger.numpy()})[0]
        difference = max(difference, float(abs(found - wanted).max() / abs(wanted).max()))
        assert difference <= TOLERANCE, f"{name}, larger images: onnxruntime differs from PyTorch by {difference:.1e}"
    if variants:
        half = convert_float_to_float16(onnx.load(file), keep_io_types=True)
        onnx.save(half, file.with_name("model_fp16.onnx"))
        quantize_dynamic(file, file.with_name("model_quantized.onnx"), weight_type=QuantType.QUInt8)
        beside = file.with_name("model_external.onnx_data")
        beside.unlink(missing_ok=True)  # Otherwise the data would be appended.
        onnx.save(
            onnx.load(file), file.with_name("model_external.onnx"), save_as_external_data=True,
            all_tensors_to_one_file=True, location=beside.name, size_threshold=1024,
        )
    print(f"{name}: {list(expected.shape)}, {file.stat().st_size / 1e6:.1f} MB, differs by {difference:.1e}", flush=True)


def to_onnx(net: nn.Module, image: torch.Tensor, rank: int) -> onnx.ModelProto:
    names = {0: "batch_size", 1: "sequence_length"} if rank == 3 else {0: "batch_size", 2: "rows", 3: "columns"}
    axes = {"pixel_values": {0: "batch_size", 1: "num_channels", 2: "height", 3: "width"}, "last_hidden_state": names}
    raw = io.BytesIO()
    # Exported by tracing, as the hub's exports are. Tracing cannot export the smoothing of positions, so one model uses
    # the newer exporter.
    is_smoothed = isinstance(net, transformers.Dinov2WithRegistersModel)
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        if is_smoothed:
            program = torch.onnx.export(
                Exported(net), (image,), input_names=["pixel_values"], output_names=["last_hidden_state"],
                opset_version=18, dynamo=True,
            )
            return onnxslim.slim(program.model_proto)
        torch.onnx.export(
            Exported(net), (image,), raw, input_names=["pixel_values"], output_names=["last_hidden_state"],
            opset_version=18, dynamo=False, dynamic_axes=axes,
        )
    return onnxslim.slim(onnx.load_model_from_string(raw.getvalue()))


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes ONNX repositories in the hub's form, with random weights.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(networks(small=True)))
    parser.add_argument("--full", action="store_true", help="of the published networks' size")
    parser.add_argument("--others", action="store_true", help="the kinds that the tests read no files of, small")
    parser.add_argument("--variants", action="store_true", help="model_fp16.onnx, model_quantized.onnx and weights apart")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    torch.manual_seed(0)
    usual = list(others()) if options.others else list(networks(small=True)) if options.full else TESTED
    for name in options.names or usual:
        make(name, not options.full, options.variants or (not options.full and name == "dinov2"), options.out)


if __name__ == "__main__":
    main()
