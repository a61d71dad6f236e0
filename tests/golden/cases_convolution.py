"""Convolutions: padding by sides, dilation, groups, no bias; transposed ones."""

from torch import nn

from golden import Fixture, Tensor, kernel


def make():
    f = Fixture("convolution")

    def conv(name, shape, filters, size, **options):
        m = nn.Conv2d(shape[2], filters, size, **options)
        f.network(name, m, shape, [kernel(m.weight)] + ([Tensor("bias", m.bias)] if m.bias is not None else []))

    conv("valid", (7, 8, 3), 5, (3, 2))
    conv("same", (7, 8, 3), 5, 3, padding="same")
    conv("same_even", (7, 8, 3), 5, (4, 2), padding="same")
    conv("no_bias", (7, 8, 3), 5, 3, bias=False)
    conv("stride_2_padding_1", (8, 9, 3), 5, 3, stride=2, padding=1)
    conv("padding_of_axes", (6, 7, 2), 4, 3, stride=(1, 2), padding=(1, 2))
    conv("padding_beyond_kernel", (4, 5, 16), 3, 2, padding=3)
    conv("dilated", (9, 10, 3), 4, 3, dilation=2)
    conv("dilated_same", (8, 7, 4), 5, 3, padding="same", dilation=(2, 3))
    conv("dilated_strided", (13, 12, 2), 3, (3, 2), stride=(4, 3), padding=(3, 2), dilation=(2, 6))
    conv("grouped", (7, 6, 6), 4, 3, padding=1, groups=2)
    conv("grouped_wide", (6, 7, 24), 36, (3, 2), stride=(1, 2), padding=1, groups=2, bias=False)
    conv("cardinality", (6, 5, 32), 32, 3, padding=1, groups=8)
    conv("depthwise", (8, 7, 16), 16, 3, padding=1, groups=16)
    conv("depthwise_strided", (9, 8, 5), 5, 3, stride=2, padding=1, groups=5, bias=False)
    conv("depthwise_multiplier", (7, 6, 3), 6, 3, groups=3)
    conv("depthwise_dilated", (9, 9, 4), 8, 3, padding=2, dilation=(2, 3), groups=4)
    conv("grouped_dilated", (9, 10, 12), 30, 3, stride=(1, 2), padding=2, dilation=(2, 3), groups=3)

    def transpose(name, shape, filters, size, groups=1, **options):
        m = nn.ConvTranspose2d(shape[2], filters, size, groups=groups, **options)
        # PyTorch's (IC, OC / groups, KH, KW), fkd's (KH, KW, OC / groups, IC)
        tensors = [Tensor("kernel", m.weight, (3, 2, 0, 1))]
        f.network(name, m, shape, tensors + ([Tensor("bias", m.bias)] if m.bias is not None else []))

    transpose("transpose", (4, 5, 3), 2, 3)
    transpose("transpose_strided", (4, 5, 3), 2, (3, 2), stride=(2, 3))
    transpose("transpose_doubling", (4, 5, 4), 3, 4, stride=2, padding=1)
    transpose("transpose_output_padding", (4, 5, 3), 2, 3, stride=2, padding=1, output_padding=1)
    transpose("transpose_small_kernel", (4, 3, 3), 2, (2, 1), stride=3, output_padding=(1, 2), bias=False)
    transpose("transpose_dilated", (4, 5, 3), 2, 3, stride=(2, 1), padding=(1, 2), output_padding=(1, 2), dilation=3)
    transpose("transpose_grouped", (4, 5, 6), 4, 3, stride=2, padding=1, groups=2)
    transpose("transpose_depthwise", (4, 5, 16), 16, 3, stride=2, padding=1, output_padding=1, groups=16)

    f.write()
