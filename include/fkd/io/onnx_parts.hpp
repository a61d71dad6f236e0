/// \file
/// Layers that exporters write in parts.
///
///     LayerNorm, GroupNorm     (x - mean(x)) / sqrt(mean((x - mean(x))²) + epsilon) · gamma + beta, in any order of
///                              products: PyTorch below opset 17, Keras by tf2onnx
///     UpSampling2D             Unsqueeze, Tile, Reshape: Keras by tf2onnx
///     Softplus                 Where(x > threshold, x, softplus(x)): PyTorch
#pragma once

#include <fkd/core/language.hpp>

namespace fkd::io::detail {

class OnnxImport;

/// Reads the node at which `graph` is, if it is such a part; whether it is. Throws FileError.
[[gnu::cold]] bool read_part(OnnxImport& graph);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_parts_inl.hpp>
#endif
