"""Activations on inputs within ±8: a layer in front multiplies by 8."""

import torch
from torch import nn

from golden import Fixture


class Times8(nn.Module):
    def forward(self, x):
        return 8 * x


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
    f.write()
