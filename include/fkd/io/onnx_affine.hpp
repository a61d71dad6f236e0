/// \file
/// ONNX's arithmetic with constants: Add, Sub, Mul, Div, Neg; Clip, Min and Max.
///
/// A constant of a file is not a weight: it becomes a Rescale, whose numbers are saved with the model and which no
/// optimiser changes. A constant behind a convolution or a dense layer without a bias is its bias, and trains.
#pragma once

#include <fkd/core/language.hpp>

#include <vector>

#include <fkd/io/onnx_constant.hpp>

namespace fkd::io::detail {

class OnnxImport;
struct OnnxDynamic;

/// A constant that scales or moves each channel alike, or each by itself: a value for each of fkd's channels; empty
/// where it is neither.
[[gnu::cold]] std::vector<double> per_channel(const OnnxDynamic& in, const OnnxConstant& its);

/// Whether they differ by no more than rounding.
[[gnu::cold]] bool is_about(double x, double y);

/// Add, Sub, Mul or Div whose input `computed` is computed, and whose other is a constant.
[[gnu::cold]] void read_with_constant(OnnxImport& graph, std::size_t computed);
[[gnu::cold]] void read_negative(OnnxImport& graph);
/// One value less another, both computed.
[[gnu::cold]] void read_difference(OnnxImport& graph);
/// HardSigmoid with any alpha and beta.
[[gnu::cold]] void read_hard_sigmoid(OnnxImport& graph);
/// Clip, and Min and Max with a constant.
[[gnu::cold]] void read_clip(OnnxImport& graph);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_affine_inl.hpp>
#endif
