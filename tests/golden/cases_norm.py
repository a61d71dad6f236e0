"""Normalisations: BatchNorm with its running statistics, LayerNorm, GroupNorm; the batch's behind convolutions and in a residual block."""

from torch import nn

from golden import Fixture, Tensor, dense_kernel, kernel


def batch_norm(m, prefix=""):
    """The tensors of a BatchNorm in fkd's order; PyTorch's has none where it is not affine."""
    affine = [] if m.weight is None else [Tensor(prefix + "gamma", m.weight, ones=True), Tensor(prefix + "beta", m.bias)]
    return affine + [Tensor(prefix + "moving_mean", m.running_mean, state=True),
                     Tensor(prefix + "moving_variance", m.running_var, ones=True, state=True)]


def affine(m, prefix=""):
    return [Tensor(prefix + "gamma", m.weight, ones=True), Tensor(prefix + "beta", m.bias)]


class ChannelsLast(nn.Module):
    """A module over the last axis, for (N, C, H, W)."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """act(norm(conv(act(norm(conv(x))))) + shortcut(x))"""

    def __init__(self, channels, filters, activation=None):
        super().__init__()
        self.conv_1, self.norm_1 = nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters)
        self.conv_2, self.norm_2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters)
        self.projects = channels != filters
        if self.projects:
            self.conv_3, self.norm_3 = nn.Conv2d(channels, filters, 1, bias=False), nn.BatchNorm2d(filters)
        self.activation = activation or nn.ReLU()

    def forward(self, x):
        y = self.activation(self.norm_1(self.conv_1(x)))
        y = self.norm_2(self.conv_2(y))
        return self.activation(y + (self.norm_3(self.conv_3(x)) if self.projects else x))

    def tensors(self):
        main = "1.residual.main."
        all = [kernel(self.conv_1.weight, main + "1.conv2d.kernel"), *batch_norm(self.norm_1, main + "2.batch_norm."),
               kernel(self.conv_2.weight, main + "4.conv2d.kernel"), *batch_norm(self.norm_2, main + "5.batch_norm.")]
        if self.projects:
            shortcut = "1.residual.shortcut."
            all += [kernel(self.conv_3.weight, shortcut + "1.conv2d.kernel"),
                    *batch_norm(self.norm_3, shortcut + "2.batch_norm.")]
        return all


def make():
    f = Fixture("norm")

    m = nn.BatchNorm2d(5)
    f.network("batch_norm", m, (4, 3, 5), batch_norm(m))
    m = nn.BatchNorm2d(5, eps=0.1, momentum=0.4)
    f.network("batch_norm_momentum", m, (4, 3, 5), batch_norm(m))
    m = nn.BatchNorm2d(5, affine=False)
    f.network("batch_norm_plain", m, (4, 3, 5), batch_norm(m))
    m = nn.BatchNorm1d(6)
    f.network("batch_norm_flat", m, (1, 1, 6), batch_norm(m), samples=7, flat=True)

    # No bias in front of a normalisation: its gradient is noise.
    conv, norm = nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
    f.network("conv_batch_norm", nn.Sequential(conv, norm, nn.ReLU()), (5, 4, 3),
              [kernel(conv.weight, "1.conv2d.kernel"), *batch_norm(norm, "2.batch_norm.")])

    dense, norm = nn.Linear(7, 5, bias=False), nn.BatchNorm1d(5)
    f.network("dense_batch_norm", nn.Sequential(dense, norm, nn.ReLU()), (1, 1, 7),
              [dense_kernel(dense.weight, "1.dense.kernel"), *batch_norm(norm, "2.batch_norm.")], samples=6, flat=True)

    m = nn.LayerNorm(5, eps=1e-3)
    f.network("layer_norm", ChannelsLast(m), (4, 3, 5), affine(m))
    m = nn.LayerNorm([5, 4, 3])
    f.network("layer_norm_sample", m, (4, 3, 5), [Tensor(name, p, (2, 0, 1), ones=name == "gamma")
                                                  for name, p in (("gamma", m.weight), ("beta", m.bias))])
    m = nn.LayerNorm(9, elementwise_affine=False)
    f.network("layer_norm_plain", m, (1, 1, 9), flat=True)

    m = nn.GroupNorm(3, 6, eps=1e-3)
    f.network("group_norm", m, (4, 3, 6), affine(m))
    m = nn.GroupNorm(1, 6)
    f.network("group_norm_1", m, (4, 3, 6), affine(m))
    m = nn.InstanceNorm2d(5, affine=True)
    f.network("instance_norm", m, (4, 3, 5), affine(m))

    conv, norm = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.GroupNorm(4, 8)
    f.network("conv_group_norm", nn.Sequential(conv, norm, nn.ReLU()), (5, 4, 3),
              [kernel(conv.weight, "1.conv2d.kernel"), *affine(norm, "2.group_norm.")])

    # Residual blocks: one with the identity, one with a projection.
    block = Block(4, 4)
    f.network("residual", block, (5, 4, 4), block.tensors())
    block = Block(3, 4)
    f.network("residual_projection", block, (5, 4, 3), block.tensors())
    block = Block(4, 4, nn.SiLU())
    f.network("residual_silu", block, (5, 4, 4), block.tensors())

    f.write()
