"""Our pipeline in Python: Pillow, PyTorch (the same network up to reduction 4), soft weights, fastcluster.

Run: python3 peer_pipeline.py FOLDER K      prints the size of each group.
"""
import sys
import fastcluster, numpy as np, torch
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import pdist

from peer_network import batches, files_in, net


def embed(batch):
    x = net._swish(net._bn0(net._conv_stem(batch)))
    for block in net._blocks[:11]:
        x = block(x)
    return x.flatten(2).transpose(1, 2)


with torch.inference_mode():
    patches = torch.cat([embed(batch) for batch in batches(files_in(sys.argv[1]))])
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
