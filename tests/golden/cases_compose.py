"""Pools, resizing, shapes, branches; and two architectures, layer by layer the networks of tests/support/architectures.hpp."""

import torch
from torch import nn
from torch.nn import functional

from golden import Fixture, Tensor, dense_kernel, kernel, to_fkd


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.forward = function


class Residual(nn.Module):
    def __init__(self, main, shortcut=None):
        super().__init__()
        self.main, self.shortcut = main, shortcut or nn.Sequential()

    def forward(self, x):
        return self.main(x) + self.shortcut(x)


class Branches(nn.ModuleList):
    pass


class Concat(Branches):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)


class Add(Branches):
    def forward(self, x):
        return sum(branch(x) for branch in self)


class Rescale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("standard_deviation", torch.ones(channels))

    def forward(self, x):
        return (x - self.mean.view(1, -1, 1, 1)) / self.standard_deviation.view(1, -1, 1, 1)


NAMES = {nn.Conv2d: "conv2d", nn.ConvTranspose2d: "conv2d_transpose", nn.BatchNorm2d: "batch_norm", nn.Linear: "dense",
         nn.Sequential: "sequential", Residual: "residual", Concat: "concat", Add: "add"}


def tensors(m, path=""):
    """A module's tensors under fkd's names, in fkd's order."""
    if isinstance(m, (nn.Sequential, Branches)):
        inside = [(f"{i}.{NAMES.get(type(child), '')}", child) for i, child in enumerate(m, 1)]
    elif isinstance(m, Residual):  # a layer that computes has its name behind the word, one made of layers has not
        inside = [(f"{word}.{NAMES[type(child)]}" if isinstance(child, nn.Conv2d) else word, child)
                  for word, child in (("main", m.main), ("shortcut", m.shortcut))]
    elif isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
        bias = [] if m.bias is None else [Tensor(f"{path}.bias", m.bias)]
        return [kernel(m.weight, f"{path}.kernel"), *bias]
    elif isinstance(m, nn.Linear):
        return [dense_kernel(m.weight, f"{path}.kernel"), Tensor(f"{path}.bias", m.bias)]
    elif isinstance(m, nn.BatchNorm2d):
        return [Tensor(f"{path}.gamma", m.weight, ones=True), Tensor(f"{path}.beta", m.bias),
                Tensor(f"{path}.moving_mean", m.running_mean, state=True),
                Tensor(f"{path}.moving_variance", m.running_var, ones=True, state=True)]
    else:
        return []
    return [tensor for name, child in inside for tensor in tensors(child, f"{path}.{name}" if path else name)]


def conv(i, o, k, stride=1, groups=1):
    return nn.Conv2d(i, o, k, stride=stride, padding=k // 2, groups=groups, bias=False)


def global_average():
    return Function(lambda x: x.mean(dim=(2, 3)))


def basic_block(c):
    return Residual(nn.Sequential(conv(c, c, 3), nn.BatchNorm2d(c), nn.ReLU(), conv(c, c, 3), nn.BatchNorm2d(c)))


def bottleneck(i, c, stride):
    return Residual(nn.Sequential(conv(i, c, 1), nn.BatchNorm2d(c), nn.ReLU(), conv(c, c, 3, stride), nn.BatchNorm2d(c),
                                  nn.ReLU(), conv(c, 4 * c, 1), nn.BatchNorm2d(4 * c)),
                    nn.Sequential(conv(i, 4 * c, 1, stride), nn.BatchNorm2d(4 * c)))


def resnet():
    return nn.Sequential(conv(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1), basic_block(8),
                         nn.ReLU(), basic_block(8), nn.ReLU(), bottleneck(8, 4, 2), nn.ReLU(), bottleneck(16, 6, 2),
                         nn.ReLU(), global_average(), nn.Linear(24, 5))


def inception_module(i, one, three, five, pooled):
    return Concat([nn.Sequential(conv(i, one, 1), nn.ReLU()),
                   nn.Sequential(conv(i, three // 2, 1), nn.ReLU(), conv(three // 2, three, 3), nn.ReLU()),
                   nn.Sequential(conv(i, five // 2, 1), nn.ReLU(), conv(five // 2, five, 5), nn.ReLU()),
                   nn.Sequential(nn.MaxPool2d(3, 1, padding=1), conv(i, pooled, 1), nn.ReLU())])


def inception():
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), inception_module(6, 4, 6, 4, 2), inception_module(16, 3, 8, 2, 5),
                         nn.AvgPool2d(2), inception_module(18, 4, 4, 4, 4), global_average(), nn.Linear(16, 5))


def make():
    f = Fixture("compose")

    f.network("max_pool_padding", nn.MaxPool2d(3, 2, padding=1), (7, 6, 5))
    f.network("max_pool_sides", nn.MaxPool2d((2, 3), stride=(1, 2), padding=(1, 0)), (5, 7, 17))
    f.network("max_pool_large", nn.MaxPool2d((17, 16), stride=1), (18, 17, 2))
    f.network("average_pool", nn.AvgPool2d(2), (6, 5, 4))
    f.network("average_pool_counted", nn.AvgPool2d(3, 2, padding=1), (7, 6, 17))
    f.network("average_pool_not_counted", nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), (7, 6, 17))
    f.network("average_pool_sides", nn.AvgPool2d((2, 5), stride=(3, 1), padding=(1, 2), count_include_pad=False), (6, 5, 3))
    f.network("global_average_pool", global_average(), (7, 5, 18))
    f.network("global_max_pool", Function(lambda x: x.amax(dim=(2, 3))), (7, 5, 18))
    for mode in ("nearest", "bilinear"):
        for name, size in (("2x2", (2, 2)), ("3x1", (3, 1)), ("4x5", (4, 5))):
            f.network(f"{mode}_{name}", nn.Upsample(scale_factor=size, mode=mode), (4, 3, 5))
    f.network("nearest_pixel", nn.Upsample(scale_factor=3, mode="nearest"), (1, 1, 2))
    f.network("bilinear_pixel", nn.Upsample(scale_factor=3, mode="bilinear"), (1, 1, 2))
    f.network("zero_padding", nn.ZeroPad2d((1, 2, 3, 0)), (3, 4, 2))  # left, right, top, bottom
    f.network("reshape", Function(lambda x: to_fkd(x).reshape(-1, 4, 3, 2).permute(0, 3, 1, 2)), (2, 3, 4))
    m = Rescale(3)
    f.network("rescale", m, (4, 2, 3), [Tensor("mean", m.mean, state=True),
                                        Tensor("standard_deviation", m.standard_deviation, ones=True, state=True)])

    def c(i, o):
        return nn.Conv2d(i, o, 3, padding=1)

    for name, m in (("add", nn.Sequential(Add([c(3, 4), nn.Sequential(c(3, 5), nn.ReLU(), c(5, 4)), c(3, 4)]), c(4, 2))),
                    ("concat", nn.Sequential(Concat([nn.Sequential(), c(3, 4), nn.Sequential(c(3, 2), nn.Tanh())]), c(9, 2))),
                    ("residual", nn.Sequential(Residual(nn.Sequential(c(3, 4), nn.ReLU(), c(4, 3))), nn.ReLU(), c(3, 2))),
                    ("residual_shortcut", nn.Sequential(Residual(Residual(c(3, 3), c(3, 3)), c(3, 3)), nn.Tanh()))):
        f.network(name, m, (4, 5, 3), tensors(m))

    for name, m, shape in (("resnet", resnet(), (16, 16, 3)), ("inception", inception(), (10, 8, 3))):
        f.network(name, m, shape, tensors(m), samples=4)

    f.write()
