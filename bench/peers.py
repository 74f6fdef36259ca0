"""Runs what people use in Python for the same work. Standard input names the jobs; each is answered with its seconds.

Each line is JSON: {"job": NAME, "data": FILE of float32, "shape": [N, M, D], "threads": T, ...}. Run by speed.ts.
"""
import glob, json, multiprocessing, sys, time
import numpy as np


def load(job, key="data", shape="shape"):
    return np.fromfile(job[key], np.float32).reshape(job[shape])


def torch_minima(job, form):
    """Patch minima of all pairs, both ways. Each pair's distances are computed once. The fastest `form` counts."""
    import torch
    torch.set_num_threads(job["threads"])
    x = torch.from_numpy(load(job))
    x = x - x.mean((0, 1))
    n, m, d = x.shape
    start = time.perf_counter()
    for i in range(n - 1):
        if form == "flat":
            distances = torch.cdist(x[i], x[i + 1:].reshape(-1, d)).view(m, n - i - 1, m)
            distances.amin(2), distances.amin(0)
        elif form == "batched":
            distances = torch.cdist(x[i:i + 1].expand(n - i - 1, -1, -1), x[i + 1:])
            distances.amin(2), distances.amin(1)
        else:
            for j in range(i + 1, n):
                distances = torch.cdist(x[i], x[j])
                distances.amin(1), distances.amin(0)
    return time.perf_counter() - start


def torch_naive(job):
    """Patch minima of each ordered pair on its own, in one direction at a time."""
    import torch
    torch.set_num_threads(job["threads"])
    x = torch.from_numpy(load(job))
    start = time.perf_counter()
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                torch.cdist(x[i], x[j]).amin(1)
    return time.perf_counter() - start


def torch_hausdorff(job):
    import torch
    torch.set_num_threads(job["threads"])
    x = torch.from_numpy(load(job))
    x = x - x.mean((0, 1))
    start = time.perf_counter()
    for i in range(len(x) - 1):
        for j in range(i + 1, len(x)):
            distances = torch.cdist(x[i], x[j])
            torch.maximum(distances.amin(1).max(), distances.amin(0).max())
    return time.perf_counter() - start


def faiss_normals(job):
    import faiss
    faiss.omp_set_num_threads(job["threads"])
    queries = load(job).reshape(-1, job["shape"][2])
    references = load(job, "references", "references_shape").reshape(-1, job["shape"][2])
    start = time.perf_counter()
    index = faiss.IndexFlatL2(queries.shape[1])
    index.add(references)
    index.search(queries, 1)
    return time.perf_counter() - start


def ward(job, library, of_points):
    """Ward linkage of distances, or of the points themselves."""
    from scipy.spatial.distance import pdist
    points = load(job).astype(np.float64)
    given = points if of_points else pdist(points)
    start = time.perf_counter()
    if library == "fastcluster":
        import fastcluster
        (fastcluster.linkage_vector if of_points else fastcluster.linkage)(given, "ward")
    else:
        from scipy.cluster.hierarchy import linkage
        linkage(given, "ward")
    return time.perf_counter() - start


def shrink(path):
    from PIL import Image
    return Image.open(path).convert("RGB").resize((224, 224), Image.BILINEAR).getpixel((3, 3))


def shrink_draft(path):
    from PIL import Image
    image = Image.open(path)
    image.draft("RGB", (448, 448))  # A reduced decode with no side below 448, like ours.
    return image.convert("RGB").resize((224, 224), Image.BILINEAR).getpixel((3, 3))


def pillow(job, shrink):
    with multiprocessing.get_context("spawn").Pool(job["threads"]) as pool:
        files = sorted(glob.glob(job["folder"] + "/*.jpg"))
        pool.map(shrink, files[:job["threads"]])
        start = time.perf_counter()
        pool.map(shrink, files, chunksize=1)
        return time.perf_counter() - start


JOBS = {
    "minima flat": lambda job: torch_minima(job, "flat"),
    "minima batched": lambda job: torch_minima(job, "batched"),
    "minima pair": lambda job: torch_minima(job, "pair"),
    "naive": torch_naive,
    "hausdorff": torch_hausdorff,
    "faiss": faiss_normals,
    "fastcluster": lambda job: ward(job, "fastcluster", False),
    "scipy": lambda job: ward(job, "scipy", False),
    "fastcluster-points": lambda job: ward(job, "fastcluster", True),
    "scipy-points": lambda job: ward(job, "scipy", True),
    "pillow": lambda job: pillow(job, shrink),
    "pillow-draft": lambda job: pillow(job, shrink_draft),
}

if __name__ == "__main__":
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(JOBS[job["job"]](job)), flush=True)
