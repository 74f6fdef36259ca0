"""Reference values in float64 for every formula of the method, from NumPy, SciPy and scikit-learn.

Run: python3 make_golden.py   (needs numpy scipy scikit-learn pillow; run in tests/data/golden, writes its JSON files)

Every value follows the formulas in the paper (Sohn et al., WACV 2023). Patch sets are [N images, M patches, D channels].
Tolerances that a float32 implementation should meet: 1e-5 relative on distances and weights,
exact equality on partitions, 1e-12 on metrics.
"""
import json, numpy as np
from scipy.cluster.hierarchy import linkage, fcluster
from scipy.spatial.distance import squareform, cdist
from scipy.optimize import linear_sum_assignment
from sklearn import metrics as skm

f = lambda a: np.asarray(a, dtype=np.float64).tolist()

def patch_minima(Z):
    """minima[i, j, m] = min_n ||z_m^i - z_n^j||, [N, N, M]."""
    N, M, _ = Z.shape
    out = np.zeros((N, N, M))
    for i in range(N):
        for j in range(N):
            out[i, j] = cdist(Z[i], Z[j]).min(1)
    return out

def softmax(s, tau):
    e = np.exp((s - s.max(-1, keepdims=True)) / tau)
    return e / e.sum(-1, keepdims=True)

def hard(s, k):
    a = np.zeros_like(s)
    for i, r in enumerate(s):
        a[i, np.argsort(-r, kind="stable")[:k]] = 1 / k
    return a

def hybrid(s, k, tau):
    a = np.zeros_like(s)
    for i, r in enumerate(s):
        I = np.argsort(-r, kind="stable")[:k]
        a[i, I] = softmax(r[I], tau)
    return a

def others(mn, reduce):
    N = mn.shape[0]
    return np.stack([reduce(mn[i, [j for j in range(N) if j != i]], axis=0) for i in range(N)])

def distances(Z, mn):
    N, M, _ = Z.shape
    d = {k: np.zeros((N, N)) for k in
         ["average-average", "max-hausdorff", "max-hausdorff-average", "min-min", "average-min-max", "average-min-mean"]}
    for i in range(N):
        for j in range(N):
            if i == j: continue
            c = cdist(Z[i], Z[j]); a, b = mn[i, j], mn[j, i]
            d["average-average"][i, j] = c.mean()
            d["max-hausdorff"][i, j] = max(a.max(), b.max())
            d["max-hausdorff-average"][i, j] = (a.max() + b.max()) / 2
            d["min-min"][i, j] = c.min()
            d["average-min-max"][i, j] = max(a.mean(), b.mean())
            d["average-min-mean"][i, j] = (a.mean() + b.mean()) / 2
    return d

def pooled(Z, codebook):
    eps = 1e-6
    H = W = int(round(Z.shape[1] ** .5))
    yy, xx = np.mgrid[0:H, 0:W]
    out = {"average": Z.mean(1), "max": Z.max(1),
           "gem20": (np.clip(Z, eps, None) ** 20).mean(1) ** (1 / 20)}
    for sigma in (1000.0, 2.0):
        w = np.exp(-((yy - (H - 1) / 2) ** 2 + (xx - (W - 1) / 2) ** 2) / (2 * sigma ** 2)).ravel()
        out[f"spoc{int(sigma)}"] = (Z * (w / w.sum())[None, :, None]).sum(1)
    hist = np.stack([np.bincount(cdist(z, codebook).argmin(1), minlength=len(codebook)) / Z.shape[1] for z in Z])
    out["bag-of-words"] = hist
    return out

def contingency(t, p):
    t, p = np.asarray(t), np.asarray(p)
    C = np.zeros((len(np.unique(t)), len(np.unique(p))), int)
    np.add.at(C, (np.unique(t, return_inverse=True)[1], np.unique(p, return_inverse=True)[1]), 1)
    return C

def scores(t, p):
    C = contingency(t, p); n = C.sum()
    r, c = linear_sum_assignment(-C)
    hit = C[r, c].sum()
    # macro F1 over the true classes after the best matching; an unmatched class scores 0
    macro = np.zeros(C.shape[0])
    for i, j in zip(r, c):
        macro[i] = 2 * C[i, j] / (C[i].sum() + C[:, j].sum())
    return {"nmi": skm.normalized_mutual_info_score(t, p), "ari": skm.adjusted_rand_score(t, p),
            "f1_micro": hit / n, "f1_macro": macro.mean(), "purity": C.max(0).sum() / n,
            "homogeneity": skm.homogeneity_score(t, p), "completeness": skm.completeness_score(t, p)}

def linkages(D):
    out = {}
    v = squareform(D, checks=False)
    for m in ["single", "complete", "average", "ward"]:
        L = linkage(v, m)
        out[m] = {"heights": f(L[:, 2]), "cuts": {str(k): fcluster(L, k, "maxclust").tolist() for k in (2, 3, 4)}}
    return out

def case(name, N, M, D, seed, classes=3, sparse=False):
    rng = np.random.default_rng(seed)
    Z = np.abs(rng.normal(0, 1, (N, M, D))) if not sparse else np.maximum(rng.normal(0, 1, (N, M, D)), 0)
    labels = np.arange(N) % classes
    centre = rng.normal(0, 3, (classes, D))
    for i in range(N):
        Z[i, :max(1, M // 8)] += np.abs(centre[labels[i]])
    Z = np.round(Z, 4)
    R = np.round(np.abs(rng.normal(0, 1, (4, M, D))), 4)          # labelled normal images
    masks = (rng.random((N, M)) < .2).astype(int); masks[0] = 0    # an image without a marked pixel
    codebook = np.round(np.abs(rng.normal(0, 1, (6, D))), 4)
    mn = patch_minima(Z)
    s_mean, s_min, s_max = others(mn, np.mean), others(mn, np.min), others(mn, np.max)
    s_norm = np.stack([np.min([cdist(z, r).min(1) for r in R], axis=0) for z in Z])
    tau, k = 0.5, max(2, M // 8)
    a = {"uniform": np.full((N, M), 1 / M), "soft": softmax(s_mean, tau), "soft-min": softmax(s_min, tau),
         "soft-max": softmax(s_max, tau), "hard": hard(s_mean, k), "hybrid": hybrid(s_mean, k, tau),
         "labelled-normal": softmax(s_norm, tau)}
    m = masks / np.maximum(masks.sum(1, keepdims=True), 1); m[masks.sum(1) == 0] = 1 / M
    a["mask"] = m
    d = distances(Z, mn)
    wa = {n: cdist(*(2 * [np.einsum("nm,nmd->nd", w, Z)])) for n, w in a.items()}
    j = {"shape": [N, M, D], "tau": tau, "k": k, "labels": labels.tolist(), "embeddings": f(Z), "normals": f(R), "masks": masks.tolist(),
         "codebook": f(codebook), "patchMinima": f(mn),
         "scores": {"mean": f(s_mean), "min": f(s_min), "max": f(s_max), "normal": f(s_norm)},
         "weights": {n: f(w) for n, w in a.items()}, "distances": {n: f(x) for n, x in d.items()},
         "weightedAverage": {n: f(x) for n, x in wa.items()}, "pooled": {n: f(x) for n, x in pooled(Z, codebook).items()},
         "linkage": {"max-hausdorff": linkages(d["max-hausdorff"]), "soft": linkages(wa["soft"])}}
    json.dump(j, open(f"{name}.json", "w"))

case("small", 6, 9, 5, 1)
case("medium", 9, 16, 12, 2, sparse=True)

rng = np.random.default_rng(3)
X = np.round(rng.normal(0, 1, (60, 8)) + 4 * np.repeat(np.eye(8)[:4], 15, 0), 5)
json.dump({"points": f(X), "linkage": linkages(cdist(X, X)),
           "silhouette": {str(k): skm.silhouette_score(X, fcluster(linkage(X, "ward"), k, "maxclust")) for k in range(2, 9)},
           "daviesBouldin": {str(k): skm.davies_bouldin_score(X, fcluster(linkage(X, "ward"), k, "maxclust")) for k in range(2, 9)},
           "calinskiHarabasz": {str(k): skm.calinski_harabasz_score(X, fcluster(linkage(X, "ward"), k, "maxclust")) for k in range(2, 9)}},
          open("linkage.json", "w"))

pairs = {"perfect": ([0, 0, 1, 1, 2, 2], [5, 5, 3, 3, 9, 9]), "one-cluster": ([0, 0, 1, 1], [0, 0, 0, 0]),
         "one-class": ([1, 1, 1], [0, 1, 2]), "single-item": ([0], [0]), "all-singletons": ([0, 0, 1, 1], [0, 1, 2, 3]),
         "more-clusters": ([0, 0, 0, 1, 1, 1, 2, 2], [0, 0, 1, 2, 2, 3, 4, 4]), "fewer-clusters": ([0, 1, 2, 3, 0, 1], [0, 0, 1, 1, 0, 1]),
         "random": (rng.integers(0, 5, 200).tolist(), rng.integers(0, 7, 200).tolist())}
Lr = linkage(X, "ward"); truth = (np.arange(60) // 15)
curve = []
for k in range(1, 61):
    p = fcluster(Lr, k, "maxclust"); curve.append(contingency(truth, p).max(0).sum() / 60)
json.dump({"pairs": {n: {"true": t, "predicted": p, **{a: float(b) for a, b in scores(t, p).items()}} for n, (t, p) in pairs.items()},
           "purityCurve": {"labels": truth.tolist(), "purity": curve, "mauc": float(np.mean(curve))}}, open("metrics.json", "w"))

# Pillow's antialiased bilinear resize, RGB bytes in base64.
import base64
from PIL import Image
rng = np.random.default_rng(5)
def resized(w, h, w2, h2):
    a = rng.integers(0, 256, (h, w, 3)).astype(np.uint8)
    r = np.asarray(Image.fromarray(a).resize((w2, h2), Image.Resampling.BILINEAR))
    b64 = lambda x: base64.b64encode(x.tobytes()).decode()
    return {"width": w, "height": h, "toWidth": w2, "toHeight": h2, "pixels": b64(a), "resized": b64(r)}
json.dump([resized(61, 47, 20, 13), resized(9, 7, 24, 31), resized(40, 30, 40, 11), resized(33, 33, 33, 33),
           resized(100, 3, 7, 5)], open("resize.json", "w"))
