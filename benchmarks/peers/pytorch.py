"""PyTorch as a peer: the same architectures, Adam, mean squared error, float, input resident in memory.

A variant is MODE-LAYOUT: eager or compile, contiguous or channels_last. Adam is PyTorch's fused one, its fastest on a CPU.
"""

import time

import torch
from protocol import forget_peak, memory, serve
from table import Network, entries
from torch import nn

LEARNING_RATE = 1e-6  # as in steps.hpp

# A network is compiled for training, for two batches, for each layout and number of threads: more than the eight times
# after which torch.compile would go on eagerly, with a warning.
torch._dynamo.config.recompile_limit = 64


def network(model):
    torch.manual_seed(7)
    return Network(entries()[model])


def images(model, batch):
    return entries()[model].images(batch)


def arrange(net, x, variant):
    mode, layout = variant.split("-")
    if layout == "channels_last":
        net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    return (torch.compile(net, dynamic=False) if mode == "compile" else net), x


def training_step(net, x):
    net.eval()
    with torch.no_grad():
        y = torch.rand_like(net(x)) - 0.5
    net.train()
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, fused=True)
    loss = nn.MSELoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(net(x), y).backward()
        optimizer.step()

    return step


def prediction(net, x):
    net.eval()

    def step():
        with torch.inference_mode():
            return net(x)

    return step


made = {}


def step(kind, model, batch, variant):
    """Caches its jobs, so that they are warm for the next request; of two models only the last."""
    global made
    if any(key[1] != model for key in made):
        made = {}
        torch.compiler.reset()
    key = kind, model, batch, variant
    cold = key not in made or batch == 1
    if key not in made:
        net, x = arrange(network(model), images(model, batch), variant)
        made[key] = training_step(net, x) if kind == "train" else prediction(net, x)
    if cold:
        made[key]()
    return made[key]


def timed(kind):
    def command(model, batch, threads, variant, repeats):
        torch.set_num_threads(int(threads))
        run = step(kind, model, int(batch), variant)
        start = time.perf_counter()
        for _ in range(int(repeats)):
            run()
        return str(time.perf_counter() - start)

    return command


def growth(kind):
    def command(model, batch, threads, variant="eager-contiguous"):
        torch.set_num_threads(int(threads))
        x = images(model, int(batch))
        forget_peak()
        before = memory("VmRSS")
        net, x = arrange(network(model), x, variant)
        run = training_step(net, x) if kind == "train" else prediction(net, x)
        for _ in range(3):
            run()
        peak = memory("VmHWM")
        return f"{peak - before} {peak}"

    return command


serve({
    "train": timed("train"),
    "predict": timed("predict"),
    "train-memory": growth("train"),
    "predict-memory": growth("predict"),
    "version": lambda: "PyTorch " + torch.__version__,
})
