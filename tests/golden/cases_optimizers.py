"""Optimisers: 20 steps of a convolution and a dense layer; clipping; a moving average of weights."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from golden import Fixture, Tensor, dense_kernel, formula, kernel, to_fkd, to_torch


class Flatten(nn.Module):
    def forward(self, x):
        return to_fkd(x).flatten(1)


def network():
    conv, dense = nn.Conv2d(2, 3, 3), nn.Linear(12, 4)
    tensors = [kernel(conv.weight, "1.conv2d.kernel"), Tensor("1.conv2d.bias", conv.bias),
               dense_kernel(dense.weight, "4.dense.kernel"), Tensor("4.dense.bias", dense.bias)]
    return nn.Sequential(conv, nn.SiLU(), Flatten(), dense), tensors


def no_decay_of_biases(parameters):
    return [{"params": [p for p in parameters if p.dim() > 1]},
            {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0}]


class Clipped:
    def __init__(self, parameters, value=None, norm=None):
        self.parameters, self.value, self.norm = parameters, value, norm
        self.sgd = torch.optim.SGD(parameters, lr=0.5)

    def zero_grad(self):
        self.sgd.zero_grad()

    def step(self):
        if self.value:
            nn.utils.clip_grad_value_(self.parameters, self.value)
        if self.norm:  # clip_grad_norm_ divides by the norm + 1e-6
            norm = nn.utils.get_total_norm([p.grad for p in self.parameters])
            for p in self.parameters:
                p.grad *= min(1, self.norm / norm)
        self.sgd.step()


def make():
    f = Fixture("optimizers")
    o = torch.optim

    def case(name, optimizer):
        module, tensors = network()
        f.network(name, module, (4, 4, 2), tensors, optimizer=optimizer)

    case("sgd", lambda p: o.SGD(p, lr=0.1))
    case("sgd.momentum", lambda p: o.SGD(p, lr=0.05, momentum=0.9))
    case("sgd.nesterov", lambda p: o.SGD(p, lr=0.05, momentum=0.9, nesterov=True))
    case("sgd.decay", lambda p: o.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1))
    case("sgd.decay_weights", lambda p: o.SGD(no_decay_of_biases(p), lr=0.05, momentum=0.9, weight_decay=0.1))
    case("adam", lambda p: o.Adam(p, lr=0.01))
    case("adam.options", lambda p: o.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-3))
    case("adamw", lambda p: o.AdamW(p, lr=0.01, weight_decay=0.2))
    case("adamw.decay_weights", lambda p: o.AdamW(no_decay_of_biases(p), lr=0.01, betas=(0.8, 0.95), weight_decay=0.2))
    case("nadam", lambda p: o.NAdam(p, lr=0.01))
    case("nadam.options", lambda p: o.NAdam(p, lr=0.01, betas=(0.8, 0.95), momentum_decay=1, weight_decay=0.2,
                                            decoupled_weight_decay=True))
    case("rmsprop", lambda p: o.RMSprop(p, lr=0.01))
    case("rmsprop.momentum", lambda p: o.RMSprop(p, lr=0.005, alpha=0.9, momentum=0.5))
    case("rmsprop.centered", lambda p: o.RMSprop(p, lr=0.005, alpha=0.9, eps=1e-3, momentum=0.5, centered=True,
                                                 weight_decay=0.1))
    case("clip_value", lambda p: Clipped(p, value=0.02))
    case("clip_norm", lambda p: Clipped(p, norm=0.1))
    case("clip_both", lambda p: Clipped(p, value=0.05, norm=0.1))

    module, tensors = network()
    for k, tensor in enumerate(tensors):
        tensor.assign(0.5 * formula(100 + k, tensor.extents))
    average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(0.8))
    sgd = o.SGD(module.parameters(), lr=0.1)
    for _ in range(20):
        sgd.zero_grad()
        nn.functional.mse_loss(module(to_torch(formula(1, (3, 4, 4, 2)))), formula(3, (3, 1, 1, 4)).flatten(1)).backward()
        sgd.step()
        average.update_parameters(module)
    for tensor, averaged in zip(tensors, average.module.parameters()):
        f.put(f"ema.{tensor.name}", tensor.of(averaged))

    f.write()
