"""Reference values in float64 for the losses and layers of deep clustering, with gradients by PyTorch's autograd.

Run: python3 make_deep_golden.py   (needs numpy and torch; run in tests/data/golden, writes deep.json)

Every loss is written from its paper's formula: mutual information from Ji et al. 2019 (eq. 3 to 5), consistency and
entropy from Van Gansbeke et al. 2020 (eq. 2), similarity, relation and attention from Niu et al. 2020.
"""
import json
import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
flat = lambda t: t.detach().flatten().tolist()


def probabilities(rows, cols):
    return torch.softmax(torch.randn(rows, cols) * 1.5, 1).requires_grad_()


def mutual_information(p, q):
    joint = p.T @ q / len(p)
    joint = (joint + joint.T) / 2
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return -(joint * torch.log(joint / independent)).sum()


def consistency(p, q):
    return -torch.log((p * q).sum(1)).mean()


def negative_entropy(p):
    mean = p.mean(0)
    return (mean * torch.log(mean)).sum()


def relation(p, groups):
    unit = p / p.norm(dim=1, keepdim=True)
    cosines = unit @ unit.T
    terms = []
    for i in range(len(p)):
        for j in range(i + 1):
            if i == j:
                terms.append(torch.zeros(()))
            else:
                terms.append(-torch.log(cosines[i, j] if groups[i] == groups[j] else 1 - cosines[i, j]))
    return torch.stack(terms).mean()


def labelled(p, labels, weights):
    rows = [i for i, label in enumerate(labels) if label >= 0]
    total = sum(weights[labels[i]] for i in rows)
    return -sum(weights[labels[i]] * torch.log(p[i, labels[i]]) for i in rows) / total


def case(loss, *inputs, **given):
    value = loss(*inputs)
    gradients = torch.autograd.grad(value, inputs)
    return {"rows": inputs[0].shape[0], "cols": inputs[0].shape[1], "inputs": [flat(x) for x in inputs], **given,
            "value": value.item(), "gradients": [flat(g) for g in gradients]}


targets = torch.softmax(torch.randn(9, 4) * 2, 1)
groups = [0, 1, 0, 2, 1, 3, 3, 0, 2]
labels, weights = [2, -1, 0, 1, -1, 2, 2, 3, 0], [1.5, 3.0, 0.75, 2.0]
losses = {
    "mutualInformation": case(mutual_information, probabilities(9, 4), probabilities(9, 4)),
    "consistency": case(consistency, probabilities(9, 4), probabilities(9, 4)),
    "negativeEntropy": case(negative_entropy, probabilities(9, 4)),
    "similarity": case(lambda p: -(p * targets).sum(1).mean(), probabilities(9, 4), targets=flat(targets)),
    "binaryCrossEntropy": case(lambda p: torch.nn.functional.binary_cross_entropy(p, targets), probabilities(9, 4),
                               targets=flat(targets)),
    "relation": case(lambda p: relation(p, groups), probabilities(9, 4), groups=groups),
    "labels": case(lambda p: labelled(p, labels, weights), probabilities(9, 4), labels=labels, weights=weights),
}

# A network with every layer of GATCluster on 3 images of 2 × 2 cells, and the mutual information of its outputs.
images, side, channels, width, k, spread = 3, 2, 5, 4, 3, 0.05
shapes = [(channels, width), (1, width), (side * side * width, 3), (1, 3), (width, k), (1, k)]
grid = torch.randn(images * side * side, channels)
parameters = [(torch.randn(*shape) * 0.7).requires_grad_() for shape in shapes]
w1, b1, w2, b2, w3, b3 = parameters
features = torch.relu(grid @ w1 + b1)
theta = torch.sigmoid(features.reshape(images, -1) @ w2 + b2)
places = torch.tensor([[row / (side - 1), col / (side - 1)] for row in range(side) for col in range(side)])
squared = ((places[None] - theta[:, None, :2]) ** 2).sum(2)
attention = torch.exp(-squared / (2 * spread * theta[:, 2:] + 1e-5))
attended = (attention[:, :, None] * features.reshape(images, side * side, width)).sum(1)
mean = features.reshape(images, side * side, width).mean(1)
both = [torch.softmax(x @ w3 + b3, 1) for x in (mean, attended)]
loss = mutual_information(*both)
network = {"images": images, "side": side, "channels": channels, "width": width, "k": k, "spread": spread,
           "grid": flat(grid), "parameters": [flat(p) for p in parameters], "outputs": [flat(p) for p in both],
           "value": loss.item(), "gradients": [flat(g) for g in torch.autograd.grad(loss, parameters)]}

# Adam with weight decay and clipped gradients.
start = torch.randn(6)
moved = start.clone().requires_grad_()
optimizer = torch.optim.Adam([moved], lr=0.05, weight_decay=0.01)
slopes = torch.randn(8, 6) * 4
for slope in slopes:
    moved.grad = slope.clone().clamp(-5, 5)
    optimizer.step()
adam = {"start": flat(start), "slopes": [flat(s) for s in slopes], "rate": 0.05, "decay": 0.01, "most": 5,
        "end": flat(moved)}

json.dump({"losses": losses, "network": network, "adam": adam}, open("deep.json", "w"))
