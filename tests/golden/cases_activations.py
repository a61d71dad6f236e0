"""Activations on inputs within ±8: a layer in front multiplies by 8."""

import torch
from torch import nn

from golden import Fixture, Tensor, dense_kernel, kernel, to_fkd


class Times8(nn.Module):
    def forward(self, x):
        return 8 * x


class Flatten(nn.Module):
    """fkd flattens (H, W, C), PyTorch (C, H, W)."""

    def forward(self, x):
        return to_fkd(x).flatten(1)


class HardSigmoid(nn.Module):
    """By its formula: the derivative of nn.Hardsigmoid is 1/6 in float, also in double."""

    def forward(self, x):
        return torch.clamp((x + 3) / 6, 0, 1)


def make():
    f = Fixture("activations")
    for name, module in {
        "relu6": nn.ReLU6(),
        "leaky_relu": nn.LeakyReLU(),
        "leaky_relu_0.3": nn.LeakyReLU(0.3),
        "elu": nn.ELU(),
        "elu_0.7": nn.ELU(0.7),
        "selu": nn.SELU(),
        "sigmoid": nn.Sigmoid(),
        "tanh": nn.Tanh(),
        "softplus": nn.Softplus(threshold=1000),
        "softplus_2.5": nn.Softplus(2.5, threshold=1000),
        "hard_sigmoid": HardSigmoid(),
        "silu": nn.SiLU(),
        "gelu": nn.GELU(),
        "gelu_tanh": nn.GELU(approximate="tanh"),
        "hard_swish": nn.Hardswish(),
        "mish": nn.Mish(),
    }.items():
        f.network(name, nn.Sequential(Times8(), module), (3, 4, 2))

    for name, count in {"prelu": 3, "prelu_one": 1}.items():
        m = nn.PReLU(count)
        f.network(name, nn.Sequential(Times8(), m), (3, 4, 3), [Tensor("2.prelu.alpha", m.weight)])
    f.network("softmax", nn.Sequential(Times8(), nn.Softmax(dim=1)), (3, 4, 5))
    conv, dense, conv_act, dense_act = nn.Conv2d(2, 5, 3), nn.Linear(60, 6), nn.SiLU(), nn.GELU()
    chain = nn.Sequential(conv, conv_act, Flatten(), dense, dense_act, nn.Softmax(dim=1))
    f.network("activations_behind_products", chain, (5, 6, 2),
              [kernel(conv.weight, "1.conv2d.kernel"), Tensor("1.conv2d.bias", conv.bias),
               dense_kernel(dense.weight, "4.dense.kernel"), Tensor("4.dense.bias", dense.bias)])
    f.write()
