"""Dense and flat layers, and a whole network."""

from torch import nn

from golden import Fixture, Tensor, dense_kernel, kernel, to_fkd


class Flatten(nn.Module):
    """fkd flattens (H, W, C), PyTorch (C, H, W)."""

    def forward(self, x):
        return to_fkd(x).flatten(1)


def make():
    f = Fixture("basic")

    m = nn.Linear(7, 5)
    f.network("dense", m, (1, 1, 7), [dense_kernel(m.weight), Tensor("bias", m.bias)], flat=True)

    f.network("flatten", Flatten(), (3, 4, 2))
    f.network("relu", nn.ReLU(), (3, 4, 2))
    f.network("max_pool", nn.MaxPool2d(2), (6, 4, 3))
    f.network("max_pool_overlapping", nn.MaxPool2d((3, 2), stride=(1, 3)), (6, 8, 3))

    conv, dense = nn.Conv2d(2, 6, 3), nn.Linear(24, 4)
    lenet = nn.Sequential(conv, nn.ReLU(), nn.MaxPool2d(2), Flatten(), dense)
    tensors = [kernel(conv.weight, "1.conv2d.kernel"), Tensor("1.conv2d.bias", conv.bias),
               dense_kernel(dense.weight, "5.dense.kernel"), Tensor("5.dense.bias", dense.bias)]
    f.network("chain", lenet, (6, 6, 2), tensors)

    f.write()
