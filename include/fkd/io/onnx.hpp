/// \file
/// Networks from and to ONNX files.
///
///     fkd::io::save_onnx("model.onnx", net);                 onnxruntime.InferenceSession("model.onnx")
///     fkd::Model net = fkd::io::load_onnx("model.onnx");     torch.onnx.export(model, x, "model.onnx")
///
/// Read: opset 6 to 30, one input (N, C, H, W) or (N, n) and one output. The network has fkd's images, channels last:
/// its input and output are (H, W, C), whatever the file says, and nothing is transposed on the way. It predicts,
/// trains and is saved like any other; its layers are called by the names of ONNX's values. What is not supported is
/// named: the node, the operator, what was expected. Weights in another file (`external data`) are read from the
/// model's folder.
///
/// A constant of the file, by which values are multiplied or moved, becomes a Rescale: no optimiser changes it.
///
/// Written: opset 21, every layer and branch of fkd, float32; a model of double is rounded, for onnxruntime has no
/// convolution of double. Images have channels first, (batch, C, H, W), as is usual in ONNX, or last, as an option;
/// flat values are (batch, n). The batch is of any size. Names of values are those of fkd's layers, of initialisers
/// those of its tensors. Dropout is left out: it does nothing in prediction. The mapping of layers to operators is in
/// docs/formats.md.
///
/// net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <fkd/io/source.hpp>
#include <fkd/network/model.hpp>

namespace fkd::io {

struct OnnxOptions {
  bool channels_last = false;  ///< of save_onnx: the input and an output that is an image are (batch, H, W, C)
};

/// Throws FileError for what is no ONNX file, or has an operator, an attribute or a type that is not supported.
template <class T = float>
[[gnu::cold]] Model<T> load_onnx(const Source& from);

/// Throws FileError where it cannot be written, and ArgumentError for a layer that is not fkd's, or a model over 2 GB,
/// protobuf's limit.
template <class T>
[[gnu::cold]] void save_onnx(const Sink& to, const Model<T>& net, const OnnxOptions& options = {});

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/onnx_inl.hpp>
#endif
