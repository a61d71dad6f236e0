"""What the scripts that write the fixtures have in common: see README.md."""

import json
import struct
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

FIXTURES = Path(__file__).parent / "fixtures"
LONGEST_WHOLE = 256  # longer tensors are stored as a summary


def formula(seed, extents):
    """Values in [-1, 1), multiples of 2^-15: the same as golden.hpp's."""
    size = int(np.prod(extents))
    mask = np.uint64(0xFFFFFFFF)
    h = (np.arange(size, dtype=np.uint64) * np.uint64(40503) + np.uint64(seed) * np.uint64(1299709) + np.uint64(97)) & mask
    for factor, shift in ((73244475, 16), (295559667, 15), (73244475, 16)):
        h ^= h >> np.uint64(shift)
        h = (h * np.uint64(factor)) & mask
    h ^= h >> np.uint64(13)
    values = ((h >> np.uint64(16)).astype(np.float64) - 32768) / 32768
    return torch.from_numpy(values.reshape(extents))


def to_torch(x):
    """(N, H, W, C) -> (N, C, H, W)"""
    return x.permute(0, 3, 1, 2).contiguous()


def to_fkd(x):
    """(N, C, H, W) -> (N, H, W, C); what has two axes stays."""
    return x.permute(0, 2, 3, 1).contiguous() if x.dim() == 4 else x


class Tensor:
    """A tensor of fkd's, of the name and extents that fkd gives it, and where it is in PyTorch: `axes[i]` is fkd's axis
    that PyTorch has as its i-th. `ones`: one that fkd starts from ones. `reshape`: PyTorch's extents, if they are others."""

    def __init__(self, name, parameter, axes=None, ones=False, state=False):
        self.name, self.parameter, self.ones, self.state = name, parameter, ones, state
        self.axes = axes or tuple(range(parameter.dim()))
        back = np.argsort(self.axes)
        self.back = tuple(int(i) for i in back)
        self.extents = tuple(parameter.shape[i] for i in self.back)

    def assign(self, values):
        with torch.no_grad():
            self.parameter.copy_(values.permute(self.axes))

    def of(self, values):
        return values.detach().permute(self.back)


def kernel(parameter, name="kernel"):
    """A convolution's: (KH, KW, IC, OC) is PyTorch's (OC, IC, KH, KW)."""
    return Tensor(name, parameter, (3, 2, 0, 1))


def dense_kernel(parameter, name="kernel"):
    """A dense layer's: (IU, OU) is PyTorch's (OU, IU)."""
    return Tensor(name, parameter, (1, 0))


def kernel_scale(extents):
    """He's (2015) sqrt(6 / fan in), rounded down to a power of two, so that float has the products exactly."""
    fan_in, scale = np.prod(extents[:-1]), 1.0
    while scale * scale * fan_in > 6:
        scale /= 2
    return scale


class Fixture:
    """One file of named tensors."""

    def __init__(self, name, longest_whole=LONGEST_WHOLE):
        self.path = FIXTURES / f"{name}.safetensors"
        self.longest_whole = longest_whole
        self.tensors = {}

    def put(self, name, values):
        """A tensor: whole, or [sum, sum of squares, 16 values of it] where it is long."""
        flat = np.array(values.detach() if isinstance(values, torch.Tensor) else values, dtype=np.float64).ravel()  # a copy
        if not np.isfinite(flat).all():
            raise ValueError(f"{self.path.name}: {name} is not finite")
        if flat.size > self.longest_whole:
            picked = flat[[i * flat.size // 16 for i in range(16)]]
            flat = np.concatenate([[flat.sum(), (flat * flat).sum()], picked])
        if name in self.tensors:
            raise ValueError(f"{self.path.name}: {name} is there twice")
        self.tensors[name] = flat

    def network(self, case, module, shape, tensors=(), samples=3, x=None, rate=1 / 16, steps=20, flat=False,
                optimizer=None, loss=None, target=None, scaled=False, seed=1):
        """Forward, backward, prediction, and `steps` training steps of a module; shape is fkd's (H, W, C), and `flat`
        says that the module takes (N, C).

        x is formula(seed), the gradient of the output formula(2), the target of the steps formula(3), and the k-th tensor,
        in the order in which fkd lists them, 0.5 formula(100 + k), plus 1 if it starts from ones. `scaled`, for deep
        networks: instead of 0.5 the kernels have kernel_scale.
        """
        x = formula(seed, (samples, *shape)) if x is None else x
        into = (lambda v: v.reshape(samples, -1)) if flat else to_torch
        back = (lambda v: v.reshape(samples, *shape)) if flat else to_fkd

        def start():
            for k, tensor in enumerate(tensors):
                factor = kernel_scale(tensor.extents) if scaled and len(tensor.extents) > 1 else 0.5
                tensor.assign(factor * formula(100 + k, tensor.extents) + (1 if tensor.ones else 0))
                tensor.parameter.grad = None

        start()
        module.train()
        leaf = into(x).clone().requires_grad_(True)
        y = module(leaf)
        d_y = formula(2, to_fkd(y).shape)
        y.backward(to_torch(d_y) if y.dim() == 4 else d_y)
        self.put(f"{case}.y", to_fkd(y))
        self.put(f"{case}.d_x", back(leaf.grad))
        for tensor in tensors:
            if tensor.state:
                self.put(f"{case}.state.{tensor.name}", tensor.of(tensor.parameter))
            else:
                self.put(f"{case}.d.{tensor.name}", tensor.of(tensor.parameter.grad))
        module.eval()
        with torch.no_grad():
            self.put(f"{case}.predicted", to_fkd(module(into(x))))
        if steps == 0 or not any(not tensor.state for tensor in tensors):
            return

        start()
        module.train()
        trained = [tensor.parameter for tensor in tensors if not tensor.state]
        optimizer = optimizer(trained) if optimizer else torch.optim.SGD(trained, lr=rate)
        loss = loss or torch.nn.functional.mse_loss
        for step in range(steps):
            optimizer.zero_grad()
            y = module(into(x))
            wanted = formula(3, to_fkd(y).shape) if target is None else target
            cost = loss(y, to_torch(wanted) if wanted.dim() == 4 else wanted)
            cost.backward()
            optimizer.step()
            if step == 0:
                self.put(f"{case}.loss", [cost.item()])
            if step + 1 in (1, steps):
                for tensor in tensors:
                    self.put(f"{case}.step_{step + 1}.{tensor.name}", tensor.of(tensor.parameter))

    def write(self):
        """The safetensors format: a length, a JSON object, the values."""
        header, offset, values = {}, 0, b""
        for name, flat in self.tensors.items():
            raw = flat.astype("<f8").tobytes()
            header[name] = {"dtype": "F64", "shape": [flat.size], "data_offsets": [offset, offset + len(raw)]}
            offset += len(raw)
            values += raw
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        data = struct.pack("<Q", len(text)) + text + values
        if len(data) > 1_000_000:
            raise ValueError(f"{self.path.name}: {len(data)} bytes; a fixture has at most 1 MB")
        FIXTURES.mkdir(exist_ok=True)
        self.path.write_bytes(data)
        print(f"{self.path.name}: {len(self.tensors)} tensors, {len(data)} bytes")
