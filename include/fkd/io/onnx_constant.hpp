/// \file
/// Constants of an ONNX graph, and what is computed of constants alone: Shape, Gather, Cast, Slice, Unsqueeze, Squeeze,
/// Concat, Reshape, Transpose, ConstantOfShape and arithmetic. Exporters compute the extents of a Reshape
/// in this way.
#pragma once

#include <fkd/core/language.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/io/onnx_proto.hpp>

namespace fkd::io::detail {

/// An array of numbers. Whole numbers below 2^53 are exact.
struct OnnxConstant {
  std::vector<Index> dims = {};
  std::vector<double> values = {};
  bool is_whole = false;

  /// The values as whole numbers, at most ±2^62.
  std::vector<Index> wholes() const;
};

/// Stands for the number of samples in computed extents, where the file does not say it.
inline constexpr Index onnx_batch = Index{1} << 40;

/// A node's attribute of this name; null if there is none.
[[gnu::cold]] const OnnxAttribute* find_attribute(const OnnxNode& node, std::string_view name);
[[gnu::cold]] Index whole_attribute(const OnnxNode& node, std::string_view name, Index otherwise);
[[gnu::cold]] double real_attribute(const OnnxNode& node, std::string_view name, double otherwise);
[[gnu::cold]] std::string text_attribute(const OnnxNode& node, std::string_view name, std::string_view otherwise);
[[gnu::cold]] std::vector<Index> wholes_attribute(const OnnxNode& node, std::string_view name,
                                                  std::vector<Index> otherwise = {});

/// None where the tensor's bytes do not fit its extents, or its type is not read.
[[gnu::cold]] std::optional<OnnxConstant> to_constant(const OnnxTensor& tensor);

/// The node's output, where all its inputs are constants (null for one that is left out) and the operator is one of the
/// above; none where it is not, or where they do not fit. `most` bounds the number of values.
[[gnu::cold]] std::optional<OnnxConstant> fold(const OnnxNode& node, const std::vector<const OnnxConstant*>& inputs,
                                               Index most);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_constant_inl.hpp>
#endif
