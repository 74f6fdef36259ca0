"""What people use in Python to learn the kinds of all images from a few labels. Run by teach.ts.

Reads a job: {"data": FILE of float32, "shape": [N, D], "truth": [N], "draws": [[N], ...]}, where a draw has the kind of
each labelled image and -1 elsewhere. Prints for each method the accuracy on the unlabelled images of each draw.

All methods get our own vectors and labels. The vectors are centred and scaled to length 1, which suits every method
better than the raw ones. Each method gets the setting that is best on average over all draws, which no user could know.
"""
import json, sys, warnings
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import LabelSpreading

warnings.filterwarnings("ignore")


def main():
    job = json.load(open(sys.argv[1]))
    x = np.fromfile(job["data"], np.float32).reshape(job["shape"]).astype(np.float64)
    x -= x.mean(0)
    x /= np.linalg.norm(x, axis=1, keepdims=True).clip(1e-12)
    # Vectors with as many numbers as there are images, and the same inner products: linear methods give the same
    # results.
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    x = u * s
    truth = np.array(job["truth"])
    draws = [np.array(draw) for draw in job["draws"]]
    print(json.dumps({
        "logistic": best([lambda d, c=c: logistic(x, d, c) for c in (1, 10, 100)], draws, truth),
        "spreading-knn": best(
            [lambda d, k=k: spreading(x, d, kernel="knn", n_neighbors=k) for k in (5, 10, 20)], draws, truth),
        "spreading-rbf": best(
            [lambda d, g=g: spreading(x, d, kernel="rbf", gamma=g) for g in (2, 5, 20)], draws, truth),
    }))


def logistic(x, draw, c):
    labelled = draw >= 0
    return LogisticRegression(C=c, max_iter=500).fit(x[labelled], draw[labelled]).predict(x)


def spreading(x, draw, **kernel):
    return LabelSpreading(max_iter=100, **kernel).fit(x, draw).transduction_


def best(methods, draws, truth):
    """Returns the accuracies of the method that is best on average."""
    found = []
    for method in methods:
        predictions = [method(draw) for draw in draws]
        found.append([float((p == truth)[d < 0].mean()) for p, d in zip(predictions, draws)])
    return max(found, key=np.mean)


main()
