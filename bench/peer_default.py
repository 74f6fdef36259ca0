"""The preset `default` in Python: Pillow, PyTorch (the same network, three depths, four views), fastcluster.

The same settings as `deno task cluster FOLDER --preset default --k K`, but for what only ours does: the spread of the
weights is given, not chosen, and there is no report. So the peer has less to do.

Run: python3 peer_default.py FOLDER K      prints the size of each group.
"""
import sys
import fastcluster, numpy as np, torch
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import pdist
from torch.nn.functional import avg_pool2d, interpolate

from peer_network import batches, files_in, net

PERPLEXITIES = (0.1, 0.2, 0.3)
REFERENCES = 64


def levels(batch):
    """Reductions 4, 3 and 5 side by side on the grid of 14 x 14."""
    x = net._swish(net._bn0(net._conv_stem(batch)))
    kept = {}
    for at, block in enumerate(net._blocks[:15]):
        x = block(x)
        kept[at] = x
    return torch.cat([kept[10], avg_pool2d(kept[4], 2), interpolate(kept[14], scale_factor=2)], 1)


def embed(batch):
    """Mean of four quarter turns, each turned back."""
    views = [torch.rot90(levels(torch.rot90(batch, turn, (2, 3))), -turn, (2, 3)) for turn in range(4)]
    return torch.stack(views).mean(0).flatten(2).transpose(1, 2)


def whitened(patches, widths=(112, 40, 192)):
    parts = []
    for part in patches.split(widths, 2):
        flat = part.reshape(-1, part.shape[2])
        flat = flat[:: max(1, len(flat) // 16384)]
        values, vectors = torch.linalg.eigh(torch.cov(flat.T))
        scale = 1 / torch.sqrt((values.clamp(min=0) + values.clamp(min=0).mean()) * part.shape[2])
        parts.append((part - flat.mean(0)) @ (vectors * scale @ vectors.T))
    return torch.cat(parts, 2)


def compared(patches, chosen):
    """Scores: the 5 % quantile over references of the distance to their nearest patch; residuals: less the mean of these."""
    count, size, channels = patches.shape
    references = patches[chosen].reshape(-1, channels)
    scores, residuals = torch.empty(count, size), torch.empty_like(patches)
    for i in range(count):
        distances = torch.cdist(patches[i], references).view(size, len(chosen), size)
        least, at = distances.min(2)
        others = [j for j, image in enumerate(chosen) if image != i]
        scores[i] = torch.quantile(least[:, others], 0.05, dim=1)
        nearest = (at + torch.arange(len(chosen)) * size)[:, others]
        residuals[i] = patches[i] - references[nearest].mean(1)
    return scores, residuals


def weights(scores, share):
    """Softmax of each image's scores, at the temperature of this perplexity."""
    wanted = np.log(share * scores.shape[1])
    low, high = torch.full((len(scores), 1), 1e-4), torch.full((len(scores), 1), 1e4)
    for _ in range(40):
        middle = (low * high).sqrt()
        soft = torch.softmax(scores / (middle * scores.std()), 1)
        entropy = -(soft * soft.clamp(min=1e-30).log()).sum(1, keepdim=True)
        low, high = torch.where(entropy < wanted, middle, low), torch.where(entropy < wanted, high, middle)
    return soft


def rooted(embeddings):
    return embeddings / embeddings.norm(dim=1, keepdim=True).clamp(min=1e-30).sqrt()


with torch.inference_mode():
    files = files_in(sys.argv[1])
    patches = torch.cat([embed(batch) for batch in batches(files)])
    chosen = np.random.default_rng(0).permutation(len(files))[:REFERENCES].tolist()
    all_levels = whitened(patches)
    scores, residuals = compared(all_levels, chosen)
    middle_scores, middle_residuals = compared(patches[:, :, :112].contiguous(), chosen)
    parts = []
    for share in PERPLEXITIES:
        soft, middle = weights(scores, share), weights(middle_scores, share)
        average = torch.einsum("nm,nmd->nd", soft, all_levels) - all_levels.mean((0, 1))
        for part in (average, torch.einsum("nm,nmd->nd", soft, residuals), torch.einsum("nm,nmd->nd", middle, middle_residuals)):
            part = rooted(part).numpy()
            parts.append(part / pdist(part).mean())
tree = fastcluster.linkage(pdist(np.concatenate(parts, 1)), "ward")
print(np.bincount(fcluster(tree, int(sys.argv[2]), "maxclust"))[1:])
