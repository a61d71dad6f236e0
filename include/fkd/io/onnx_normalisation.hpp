/// \file
/// ONNX's normalisations that are one operator, and PyTorch's GroupNorm, which is three.
#pragma once

#include <fkd/core/language.hpp>

#include <vector>

#include <fkd/core/shape.hpp>

namespace fkd::io::detail {

class OnnxImport;
struct OnnxDynamic;

/// BatchNormalization in its form for prediction, LayerNormalization, GroupNormalization, InstanceNormalization.
[[gnu::cold]] void read_normalisation(OnnxImport& graph);

/// The first part of a GroupNorm, a Reshape of `in` to the extents (N, groups, -1) before an InstanceNormalization;
/// whether the node is one.
[[gnu::cold]] bool read_groups(OnnxImport& graph, const OnnxDynamic& in, const std::vector<Index>& to);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_normalisation_inl.hpp>
#endif
