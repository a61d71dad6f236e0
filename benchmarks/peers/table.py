"""The networks of ../networks.txt as PyTorch's modules and as ONNX models: that file's head explains the words."""

import os
import re

import torch
from torch import nn

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "networks.txt")


def repeated(words):
    """Writes `N*( ... )` out."""
    words, out = list(words), []
    while words:
        word = words.pop(0)
        if not word.endswith("*("):
            out.append(word)
            continue
        depth, inner = 1, []
        while True:
            w = words.pop(0)
            depth += w.endswith("*(")
            depth -= w == ")"
            if depth == 0:
                break
            inner.append(w)
        out += int(word[:-2]) * repeated(inner)
    return out


class Entry:
    def __init__(self, line):
        self.name, batch, shape, *words = line.split()
        self.batch = int(batch.rstrip("q"))
        self.height, self.width, self.channels = map(int, shape.split("x"))
        self.words = repeated(words)

    def images(self, batch):
        return torch.rand(batch, self.channels, self.height, self.width)


def entries():
    with open(PATH) as file:
        return {e.name: e for e in (Entry(line) for line in file if line.strip() and not line.startswith("#"))}


class Network(nn.Module):
    """A list of steps, each a function of the values so far."""

    def __init__(self, entry):
        super().__init__()
        self.steps, self.layers = [], nn.ModuleList()
        channels, named, flat = entry.channels, {}, None
        at = torch.zeros(1, entry.channels, entry.height, entry.width)
        value, values = 0, 1
        shapes = {0: tuple(at.shape[1:])}
        for i, word in enumerate(entry.words):
            channels = shapes[value][0]
            if word[0] == "=":
                named[word[1:]] = value
                continue
            if word[0] == "@":
                value = named[word[1:]]
                continue
            inputs, layer = [value], None
            if word[0] in "+|":
                inputs.append(named[word[1:]])
                kind, numbers = ("add" if word[0] == "+" else "concat"), []
            else:
                kind, *rest = word.split(":")
                numbers = [int(w) for w in rest if w.isdigit()]
                stride = next((int(w[1:]) for w in rest if re.fullmatch(r"s\d+", w)), 1)
                bias = not (i + 1 < len(entry.words) and entry.words[i + 1] == "bn")
            if kind in ("conv", "depthwise"):
                filters, kernel = numbers if kind == "conv" else (channels, numbers[0])
                layer = nn.Conv2d(channels, filters, kernel, stride, 0 if "v" in rest else (kernel - 1) // 2,
                                  groups=1 if kind == "conv" else channels, bias=bias)
            elif kind == "dense":
                layer = nn.Linear(channels, numbers[0])
                if len(shapes[value]) > 1:  # an input of 1 x 1 pixels
                    self.steps.append(("flat", [], [value], values))
                    inputs, values = [values], values + 1
            elif kind == "bn":
                layer = nn.BatchNorm2d(channels)
            if layer is not None:
                self.layers.append(layer)
            self.steps.append((kind, numbers if layer is None else [len(self.layers) - 1], inputs, values))
            with torch.no_grad():
                tensors = [torch.zeros(1, *shapes[v]) if v in shapes else torch.zeros(1, channels) for v in inputs]
                shapes[values] = tuple(self.eval().step(kind, self.steps[-1][1], tensors).shape[1:])
            value, values = values, values + 1
        self.output = value

    def step(self, kind, numbers, x):
        if kind in ("conv", "depthwise", "dense", "bn"):
            return self.layers[numbers[0]](x[0])
        if kind == "relu":
            return torch.relu(x[0])
        if kind == "flat":
            return torch.flatten(x[0], 1)
        if kind == "gap":
            return x[0].mean((2, 3))
        if kind == "pool":
            return nn.functional.max_pool2d(x[0], numbers[0])
        if kind == "up":
            return nn.functional.interpolate(x[0], scale_factor=numbers[0])
        if kind == "add":
            return x[0] + x[1]
        return torch.cat(x, 1)

    def forward(self, x):
        values = {0: x}
        for kind, numbers, inputs, out in self.steps:
            values[out] = self.step(kind, numbers, [values[v] for v in inputs])
        return values[self.output]


def to_onnx(entry, net, batch):
    """The same as an ONNX model of a fixed batch, with the module's weights, normalisations still apart."""
    from onnx import TensorProto, helper, numpy_helper
    nodes, weights = [], []

    def weight(name, tensor):
        weights.append(numpy_helper.from_array(tensor.detach().numpy().copy(), name))
        return name

    def add(op, inputs, out, **attributes):
        nodes.append(helper.make_node(op, [i if isinstance(i, str) else f"v{i}" for i in inputs], [f"v{out}"], **attributes))

    for kind, numbers, inputs, out in net.steps:
        layer = net.layers[numbers[0]] if kind in ("conv", "depthwise", "dense", "bn") else None
        tensors = [weight(f"{k}{out}", p) for k, p in layer.named_parameters()] if layer is not None else []
        if kind in ("conv", "depthwise"):
            add("Conv", inputs + tensors, out, kernel_shape=list(layer.kernel_size), strides=list(layer.stride),
                pads=2 * list(layer.padding), group=layer.groups)
        elif kind == "dense":
            add("Gemm", inputs + tensors, out, transB=1)
        elif kind == "bn":
            state = [weight(f"{k}{out}", getattr(layer, k)) for k in ("running_mean", "running_var")]
            add("BatchNormalization", inputs + tensors + state, out, epsilon=layer.eps)
        elif kind == "relu":
            add("Relu", inputs, out)
        elif kind == "flat":
            add("Flatten", inputs, out)
        elif kind == "gap":
            add("GlobalAveragePool", inputs, f"{out}x")
            add("Flatten", [f"v{out}x"], out)
        elif kind == "pool":
            add("MaxPool", inputs, out, kernel_shape=2 * numbers, strides=2 * numbers)
        elif kind == "up":
            scales = weight(f"scales{out}", torch.tensor([1.0, 1.0, numbers[0], numbers[0]]))
            add("Resize", [inputs[0], "", scales], out, mode="nearest", coordinate_transformation_mode="asymmetric",
                nearest_mode="floor")
        elif kind == "add":
            add("Add", inputs, out)
        else:
            add("Concat", inputs, out, axis=1)
    with torch.no_grad():
        shape = net.eval()(entry.images(1)).shape[1:]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, entry.name,
                              [value("v0", TensorProto.FLOAT, [batch, entry.channels, entry.height, entry.width])],
                              [value(f"v{net.output}", TensorProto.FLOAT, [batch, *shape])], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
