"""onnxruntime and OpenVINO as peers, in prediction only: `runtimes.py onnxruntime` or `runtimes.py openvino`. float32
(OpenVINO would take bfloat16 where a processor has it), one stream, as many threads as are asked for; the input is
copied by neither. A new model is compared with PyTorch's output before it is measured."""

import os
import sys
import tempfile
import time

import numpy
import torch
from protocol import serve
from table import Network, entries, to_onnx

made = {}


def onnxruntime_session(model, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


def openvino_session(model, threads):
    import openvino
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(model)
        file.flush()
        compiled = openvino.Core().compile_model(file.name, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    return lambda x: request.infer([x], share_inputs=True, share_outputs=True)[0]


def predict(model, batch, threads, variant, repeats):
    batch, threads = int(batch), int(threads)
    key = model, batch, threads
    if key not in made:
        if any(k[0] != model for k in made):
            made.clear()
        torch.manual_seed(7)
        entry = entries()[model]
        net, x = Network(entry).eval(), entry.images(batch)
        run = {"onnxruntime": onnxruntime_session, "openvino": openvino_session}[sys.argv[1]](
            to_onnx(entry, net, batch), threads)
        with torch.inference_mode():
            expected = net(x).numpy()
        error = float(numpy.abs(run(x.numpy()) - expected).max() / numpy.abs(expected).max())
        if not error < 1e-4:
            raise RuntimeError(f"its output differs from PyTorch's by {error}")
        made[key] = run, x.numpy()
    run, x = made[key]
    if batch == 1:
        run(x)
    start = time.perf_counter()
    for _ in range(int(repeats)):
        run(x)
    return str(time.perf_counter() - start)


def version():
    if sys.argv[1] == "onnxruntime":
        import onnxruntime
        return "onnxruntime " + onnxruntime.__version__
    import openvino
    return "OpenVINO " + openvino.__version__.split("-")[0]


os.environ.setdefault("OMP_WAIT_POLICY", "passive")
serve({"predict": predict, "version": version})
