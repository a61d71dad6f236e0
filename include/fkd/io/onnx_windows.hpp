/// \file
/// ONNX's operators of windows over images, convolutions and pools, and helpers that all operators share.
#pragma once

#include <fkd/core/language.hpp>

#include <string>
#include <vector>

#include <fkd/core/shape.hpp>

namespace fkd::io::detail {

class OnnxImport;

/// [1, 2]
[[gnu::cold]] std::string list_text(const std::vector<Index>& all);
/// The i-th input, a constant of `count` values. Throws FileError.
[[gnu::cold]] std::vector<double> list_of(const OnnxImport& graph, std::size_t i, const char* what, Index count);

/// Conv and ConvTranspose; MaxPool and AveragePool; those over whole images. Throw FileError and ShapeError.
[[gnu::cold]] void read_convolution(OnnxImport& graph);
[[gnu::cold]] void read_pool(OnnxImport& graph);
[[gnu::cold]] void read_global_pool(OnnxImport& graph);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_windows_inl.hpp>
#endif
