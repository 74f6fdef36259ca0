"""Linkage and metrics side by side with SciPy and scikit-learn on 200 random cases, ties included.

Run: pip install numpy scipy scikit-learn; python3 bench/against_scipy.py     (needs deno)
Prints the largest relative differences, and how many cuts are other partitions.
"""
import json, pathlib, subprocess
import numpy as np
from scipy.cluster.hierarchy import linkage, fcluster
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn import metrics

HERE = pathlib.Path(__file__).parent
METHODS = ["single", "complete", "average", "ward"]
rng = np.random.default_rng(7)


def random_case(number):
    """Makes a case. In every second one the points lie on a coarse grid, which gives many equal distances."""
    count, channels = int(rng.integers(5, 120)), int(rng.integers(1, 12))
    points = rng.normal(0, 1, (count, channels))
    if number % 2:
        points = np.round(points)
    k = int(rng.integers(2, min(8, count - 1)))
    truth = rng.integers(0, 6, count)
    # Half of the labels are right, so that agreement is tested away from zero too.
    predicted = np.where(rng.random(count) < .5, truth, rng.integers(0, k, count))
    return {"ties": bool(number % 2), "points": points.tolist(), "k": k, "truth": truth.tolist(), "predicted": predicted.tolist()}


def micro_f1(truth, predicted):
    table = metrics.cluster.contingency_matrix(truth, predicted)
    rows, columns = linear_sum_assignment(-table)
    return table[rows, columns].sum() / table.sum()


def same_partition(a, b):
    return metrics.cluster.pair_confusion_matrix(a, b)[0, 1] == metrics.cluster.pair_confusion_matrix(a, b)[1, 0] == 0


cases = [random_case(number) for number in range(200)]
run = subprocess.run(["deno", "run", "--quiet", str(HERE / "against_scipy.ts")], input=json.dumps(cases), text=True,
                     capture_output=True, check=True)
heights, other, scores = {}, {}, {}
for case, ours in zip(cases, json.loads(run.stdout)):
    points, kind = np.array(case["points"]), "ties" if case["ties"] else "no ties"
    for method in METHODS:
        tree = linkage(points, method)
        difference = np.abs(tree[:, 2] - ours["linkage"][method]["heights"]) / np.maximum(tree[:, 2], 1e-9)
        heights[method, kind] = max(heights.get((method, kind), 0), float(difference.max()))
        labels = fcluster(tree, case["k"], "maxclust")
        # If heights are equal, SciPy's cut by maxclust gives fewer groups than k. Such cuts cannot be compared.
        if labels.max() == case["k"]:
            cut = (0 if same_partition(labels, ours["linkage"][method]["cut"]) else 1)
            before = other.get((method, kind), (0, 0))
            other[method, kind] = (before[0] + cut, before[1] + 1)
    t, p = case["truth"], case["predicted"]
    expected = {"nmi": metrics.normalized_mutual_info_score(t, p), "ari": metrics.adjusted_rand_score(t, p),
                "homogeneity": metrics.homogeneity_score(t, p), "completeness": metrics.completeness_score(t, p),
                "f1 micro": micro_f1(t, p), "purity": metrics.cluster.contingency_matrix(t, p).max(0).sum() / len(t)}
    cut = ours["linkage"]["ward"]["cut"]
    expected["silhouette"] = metrics.silhouette_score(cdist(points, points), cut, metric="precomputed")
    expected["davies-bouldin"] = metrics.davies_bouldin_score(points, cut)
    expected["calinski-harabasz"] = metrics.calinski_harabasz_score(points, cut)
    for name, value in expected.items():
        scores[name] = max(scores.get(name, 0), abs(value - ours["metrics"][name]) / max(abs(value), 1))

print("| linkage | cases | largest relative difference of heights | other cuts |\n|---|---|---|---|")
for (method, kind), difference in heights.items():
    print(f"| {method} | {kind} | {difference:.1e} | {other[method, kind][0]} of {other[method, kind][1]} |")
print("\n| measure | largest difference |\n|---|---|")
for name, difference in scores.items():
    print(f"| {name} | {difference:.1e} |")
