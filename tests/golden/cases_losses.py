"""Losses: the mean and its gradient. Outputs are 3 formula(1), or 60 formula(1) in the tails; targets as test_losses.cpp says."""

import torch
from torch.nn import functional as F

from golden import Fixture, formula, to_fkd, to_torch


def make():
    f = Fixture("losses")

    def put(case, y, loss):
        """`y` is fkd's (N, H, W, C); `loss` is handed PyTorch's, (N, C) where it is flat."""
        y = y.clone().requires_grad_(True)
        image = y.shape[1] * y.shape[2] > 1
        value = loss(to_torch(y) if image else y.flatten(1))
        value.backward()
        f.put(f"{case}.loss", [value.item()])
        f.put(f"{case}.d_y", y.grad)

    # Values: 5 samples of (2, 3, 2).
    shape = (5, 2, 3, 2)
    y, target = 3 * formula(1, shape), 3 * formula(2, shape)
    known = (torch.arange(target.numel()) % 7 != 3).reshape(shape)  # the others are NaN in fkd
    weights = (formula(5, (5,)) + 1.5).reshape(5, 1, 1, 1)

    def of_known(each):
        return lambda p: each(to_fkd(p), target)[known].mean()

    def weighted(each):
        w = weights.expand(shape) * known
        return lambda p: (w * each(to_fkd(p), target)).sum() / w.sum()

    for name, whole, each in (
            ("mse", torch.nn.MSELoss(), lambda a, b: F.mse_loss(a, b, reduction="none")),
            ("mae", torch.nn.L1Loss(), lambda a, b: F.l1_loss(a, b, reduction="none")),
            ("huber", torch.nn.HuberLoss(), lambda a, b: F.huber_loss(a, b, reduction="none")),
            ("huber_0.4", torch.nn.HuberLoss(delta=0.4), lambda a, b: F.huber_loss(a, b, reduction="none", delta=0.4))):
        put(name, y, lambda p: whole(to_fkd(p), target))
        put(f"{name}.unknown", y, of_known(each))
        put(f"{name}.weights", y, weighted(each))

    # One class of 4, for each of 6 samples.
    classes = torch.tensor([1.0, 0.25, 3.0, 0.5])
    labels = (torch.arange(6) * 7 + 3) % 4
    some = labels.where(torch.arange(6) % 3 != 1, -100)
    sample_weights = formula(5, (6,)) + 1.5
    soft = formula(2, (6, 4)) + 1
    distribution = soft / soft.sum(1, keepdim=True)
    for tails in (False, True):
        z = (60 if tails else 3) * formula(1, (6, 1, 1, 4))
        in_tails = ".tails" if tails else ""
        for smoothing in (0.0, 0.1):
            for weight in (None, classes):
                case = f"softmax{'.smoothing' if smoothing else ''}{'' if weight is None else '.classes'}{in_tails}"
                put(case, z, lambda p: F.cross_entropy(p, labels, weight, label_smoothing=smoothing))
                put(f"{case}.unknown", z, lambda p: F.cross_entropy(p, some, weight, label_smoothing=smoothing))
                # fkd counts the class weights of soft targets, too.
                count = 6 if weight is None else (distribution @ weight).sum()
                put(f"{case}.soft", z, lambda p: F.cross_entropy(p, distribution, weight, label_smoothing=smoothing,
                                                                 reduction="sum") / count)
        put(f"softmax.weights{in_tails}", z,
            lambda p: (sample_weights * F.cross_entropy(p, labels, reduction="none")).sum() / sample_weights.sum())

    # One class for each pixel: 3 samples of (4, 5, 3).
    pixels = ((torch.arange(3 * 4 * 5) * 7 + 3) % 3).reshape(3, 4, 5)
    seen = pixels.where(torch.arange(60).reshape(3, 4, 5) % 4 != 2, 255)
    z = 3 * formula(1, (3, 4, 5, 3))
    put("pixels", z, lambda p: F.cross_entropy(p, pixels))
    put("pixels.options", z, lambda p: F.cross_entropy(p, seen, classes[:3], ignore_index=255, label_smoothing=0.2))

    # Labels that do not exclude each other.
    hits = (torch.arange(24) % 3 == 0).to(torch.float64).reshape(6, 4)
    chances = (formula(2, (6, 4)) + 1) / 2
    for tails in (False, True):
        z = (60 if tails else 3) * formula(1, (6, 1, 1, 4))
        in_tails = ".tails" if tails else ""
        put(f"sigmoid{in_tails}", z, lambda p: F.binary_cross_entropy_with_logits(p, hits))
        put(f"sigmoid.soft{in_tails}", z, lambda p: F.binary_cross_entropy_with_logits(p, chances))
        put(f"sigmoid.positive{in_tails}", z, lambda p: F.binary_cross_entropy_with_logits(p, chances, pos_weight=classes))
        put(f"sigmoid.positive_3{in_tails}", z,
            lambda p: F.binary_cross_entropy_with_logits(p, hits, pos_weight=torch.tensor([3.0])))
        smooth = 0.9 * hits + 0.05
        put(f"sigmoid.smoothing{in_tails}", z, lambda p: F.binary_cross_entropy_with_logits(p, smooth))
    z = 3 * formula(1, (3, 4, 5, 2))
    mask = (torch.arange(120) % 3 == 0).to(torch.float64).reshape(3, 4, 5, 2)
    put("sigmoid.pixels", z, lambda p: F.binary_cross_entropy_with_logits(to_fkd(p), mask, pos_weight=classes[1:3]))

    f.write()
