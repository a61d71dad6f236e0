/// \file
/// A network as an ONNX graph.
///
/// fkd's images are (H, W, C) and ONNX's (C, H, W): kernels are turned once, when they are written, and an image is
/// transposed where its values are put in a row (Flatten, Reshape), so that the weights behind it stay fkd's.
#pragma once

#include <fkd/core/language.hpp>

#include <functional>
#include <span>
#include <string>

#include <fkd/io/onnx_proto.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd::io::detail {

/// `values(i)` are those of the layout's i-th tensor. Throws ArgumentError for a layer that is not fkd's.
[[gnu::cold]] OnnxModel to_onnx(const NetworkInfo& network, const std::vector<OpInfo>& ops, const OpInputs& reads,
                                const std::function<std::vector<float>(std::size_t)>& values, bool channels_last);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_writer_inl.hpp>
#endif
