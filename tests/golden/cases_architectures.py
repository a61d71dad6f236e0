"""The networks of examples/architectures.hpp, written as PyTorch's users write them, and two of them small, which train."""

import torch
from torch import nn

from cases_compose import Concat, Residual, conv, global_average, tensors
from golden import Fixture


def relu6(channels):
    return nn.BatchNorm2d(channels), nn.ReLU6()


def relu(channels):
    return nn.BatchNorm2d(channels), nn.ReLU()


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                         nn.MaxPool2d(2), Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                         nn.Linear(84, 10))


class Flatten(nn.Module):
    """In fkd's order (H, W, C)."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def vgg():
    blocks, channels = [], 3
    for width in (32, 64, 128):
        blocks.append(nn.Sequential(conv(channels, width, 3), *relu(width), conv(width, width, 3), *relu(width), nn.MaxPool2d(2)))
        channels = width
    return nn.Sequential(*blocks, Flatten(), nn.Linear(4 * 4 * 128, 128), nn.ReLU(), nn.Dropout(0), nn.Linear(128, 10))


def resnet20():
    layers, channels = [conv(3, 16, 3), *relu(16)], 16
    for width in (16, 32, 64):
        for block in range(3):
            stride = 2 if block == 0 and width > 16 else 1
            main = nn.Sequential(conv(channels, width, 3, stride), *relu(width), conv(width, width, 3), nn.BatchNorm2d(width))
            shortcut = nn.Sequential(conv(channels, width, 1, stride), nn.BatchNorm2d(width)) if stride == 2 else None
            layers.append(nn.Sequential(Residual(main, shortcut), nn.ReLU()))
            channels = width
    return nn.Sequential(*layers, global_average(), nn.Linear(64, 10))


def mobilenet_v2(classes, width):
    def scaled(channels):  # the authors' make_divisible
        rounded = max(8, int(channels * width + 4) // 8 * 8)
        return rounded + 8 if rounded < 0.9 * channels * width else rounded

    def separable(i, o, stride):
        return nn.Sequential(conv(i, i, 3, stride, i), *relu6(i), conv(i, o, 1), nn.BatchNorm2d(o))

    def bottleneck(i, o, stride):
        return nn.Sequential(conv(i, 6 * i, 1), *relu6(6 * i), separable(6 * i, o, stride))

    channels = scaled(16)
    layers = [conv(3, scaled(32), 3), *relu6(scaled(32)), separable(scaled(32), channels, 1)]
    for c, n, s in ((24, 2, 1), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)):  # table 2
        row = [bottleneck(channels, scaled(c), s)] + [Residual(bottleneck(scaled(c), scaled(c), 1)) for _ in range(n - 1)]
        layers.append(nn.Sequential(*row) if n > 1 else row[0])
        channels = scaled(c)
    last = 1280 if width <= 1 else scaled(1280)
    return nn.Sequential(*layers, conv(channels, last, 1), *relu6(last), global_average(), nn.Linear(last, classes))


def densenet(classes, growth, layers):
    channels, parts = 2 * growth, [conv(3, 2 * growth, 3)]
    for block in range(3):
        dense = []
        for _ in range(layers):
            composite = nn.Sequential(*relu(channels), conv(channels, 4 * growth, 1), *relu(4 * growth), conv(4 * growth, growth, 3))
            dense.append(Concat([nn.Sequential(), composite]))
            channels += growth
        parts.append(nn.Sequential(*dense))
        if block < 2:
            parts.append(nn.Sequential(*relu(channels), conv(channels, channels // 2, 1), nn.AvgPool2d(2)))
            channels //= 2
    return nn.Sequential(*parts, *relu(channels), global_average(), nn.Linear(channels, classes))


def unet(classes, width):
    def twice(i, c):
        return nn.Sequential(nn.Conv2d(i, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), nn.ReLU())

    u = nn.Sequential(twice(8 * width, 16 * width), nn.Dropout(0))
    for c in (8 * width, 4 * width, 2 * width, width):
        up = nn.Sequential(nn.MaxPool2d(2), u, nn.ConvTranspose2d(2 * c, c, 2, stride=2))
        u = nn.Sequential(twice(c // 2 if c > width else 1, c), Concat([nn.Sequential(), up]), twice(2 * c, c))
    return nn.Sequential(u, nn.Conv2d(width, classes, 1))


def make():
    f = Fixture("architectures", longest_whole=32)

    # The seeds are those whose activations keep farthest from their kinks.
    for name, m, shape, seed in (("lenet5_mnist", lenet5(), (28, 28, 1), 1), ("vgg_cifar", vgg(), (32, 32, 3), 1),
                                 ("resnet20_cifar", resnet20(), (32, 32, 3), 1027),
                                 ("mobilenet_v2_cifar", mobilenet_v2(10, 0.5), (32, 32, 3), 1017),
                                 ("densenet_cifar", densenet(10, 12, 6), (32, 32, 3), 1025),
                                 ("unet_64", unet(2, 8), (64, 64, 1), 1017)):
        f.network(name, m, shape, tensors(m), samples=2, scaled=True, seed=seed, steps=0)

    for name, m, shape in (("densenet", densenet(5, 3, 2), (8, 8, 3)), ("unet", unet(2, 2), (16, 32, 1))):
        f.network(name, m, shape, tensors(m), samples=3, scaled=True)

    f.write()
