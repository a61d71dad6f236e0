#!/usr/bin/env python3
"""Compares a folder of NAME.onnx with NAME.npz: x, an input as the file takes it, and y, what fkd computes of it.

Each file passes onnx.checker with shape inference, and onnxruntime's result differs from y by at most 1e-5 of the
largest |y|. Exit status 1 where one does not.

Needs onnx, onnxruntime, numpy:  python3 check_onnx.py FOLDER
"""
import pathlib
import sys

import numpy
import onnx
import onnxruntime

options = onnxruntime.SessionOptions()
options.log_severity_level, options.intra_op_num_threads = 3, 1
files, worst, failed = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")), 0, not any(pathlib.Path(sys.argv[1]).glob("*.onnx"))
for file in files:
    try:
        onnx.checker.check_model(onnx.load(file), full_check=True)
        arrays = numpy.load(file.with_suffix(".npz"))
        y = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"]).run(None, {"input": arrays["x"]})[0]
        if y.shape != arrays["y"].shape:
            raise ValueError(f"expected {arrays['y'].shape}, got {y.shape}")
        error = numpy.abs(y - arrays["y"]).max() / numpy.abs(arrays["y"]).max()
        worst = max(worst, error)
        if not error <= 1e-5:
            raise ValueError(f"a difference of {error:.2g} of the largest value")
    except Exception as error:
        failed = True
        print(f"{file.name}: {type(error).__name__}: {error}")
print(f"{len(files)} files, the largest difference {worst:.2g} of the largest value")
sys.exit(1 if failed else 0)
