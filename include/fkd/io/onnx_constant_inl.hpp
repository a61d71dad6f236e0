/// \file
/// Definitions of onnx_constant.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

#include <fkd/io/onnx_constant.hpp>

namespace fkd::io::detail {

FKD_FUNC std::vector<Index> OnnxConstant::wholes() const {
  std::vector<Index> all;
  for (const double value : values) {
    constexpr double most = 4611686018427387904.0;
    all.push_back(value >= most    ? Index{1} << 62
                  : value <= -most ? -(Index{1} << 62)
                  : value == value ? static_cast<Index>(value)
                                   : 0);
  }
  return all;
}

FKD_FUNC const OnnxAttribute* find_attribute(const OnnxNode& node, std::string_view name) {
  for (const OnnxAttribute& its : node.attributes)
    if (its.name == name) return &its;
  return nullptr;
}
FKD_FUNC Index whole_attribute(const OnnxNode& node, std::string_view name, Index otherwise) {
  const OnnxAttribute* const its = find_attribute(node, name);
  return its ? its->whole : otherwise;
}
FKD_FUNC double real_attribute(const OnnxNode& node, std::string_view name, double otherwise) {
  const OnnxAttribute* const its = find_attribute(node, name);
  return its ? static_cast<double>(its->real) : otherwise;
}
FKD_FUNC std::string text_attribute(const OnnxNode& node, std::string_view name, std::string_view otherwise) {
  const OnnxAttribute* const its = find_attribute(node, name);
  return its ? its->text : std::string{otherwise};
}
FKD_FUNC std::vector<Index> wholes_attribute(const OnnxNode& node, std::string_view name,
                                             std::vector<Index> otherwise) {
  const OnnxAttribute* const its = find_attribute(node, name);
  return its ? its->wholes : std::move(otherwise);
}

FKD_FUNC std::optional<OnnxConstant> to_constant(const OnnxTensor& tensor) {
  OnnxConstant its{.dims = tensor.dims, .values = reals_of(tensor)};
  if (tensor.size() < 0 || its.values.size() != static_cast<std::size_t>(tensor.size())) return std::nullopt;
  its.is_whole = bytes_of(tensor.type) > 0 && (its.values.empty() || !wholes_of(tensor).empty());
  return its;
}

/// Axis -1 is the last. -1 where there is none such.
FKD_FUNC Index normal_axis(Index axis, Index rank) {
  if (axis < 0) axis += rank;
  return axis >= 0 && axis < rank ? axis : -1;
}

FKD_FUNC Index count_of(const std::vector<Index>& dims) {
  Index count = 1;
  for (const Index dim : dims) count = checked_product(count, dim);
  return count;
}

/// Values at every place of `dims`, the last innermost: `from(place)` is which of the input's.
template <class F>
std::vector<double> pick(const OnnxConstant& in, const std::vector<Index>& dims, const F& from) {
  std::vector<double> out;
  std::vector<Index> place(dims.size());
  const Index count = count_of(dims);
  for (Index i = 0; i < count; ++i) {
    out.push_back(in.values[static_cast<std::size_t>(from(place))]);
    for (std::size_t k = dims.size(); k-- > 0;) {
      if (++place[k] < dims[k]) break;
      place[k] = 0;
    }
  }
  return out;
}

FKD_FUNC std::vector<Index> steps_of(const std::vector<Index>& dims) {
  std::vector<Index> steps(dims.size());
  Index step = 1;
  for (std::size_t k = dims.size(); k-- > 0;) steps[k] = std::exchange(step, step * dims[k]);
  return steps;
}

FKD_FUNC std::optional<OnnxConstant> fold_gather(const OnnxNode& node, const OnnxConstant& data,
                                                 const OnnxConstant& which, Index most) {
  const auto rank = static_cast<Index>(data.dims.size());
  const Index axis = normal_axis(whole_attribute(node, "axis", 0), rank);
  if (axis < 0) return std::nullopt;
  const auto at = static_cast<std::size_t>(axis);
  const std::vector<Index> numbers = which.wholes();
  for (const Index n : numbers)
    if (normal_axis(n, data.dims[at]) < 0) return std::nullopt;
  OnnxConstant out{.is_whole = data.is_whole};
  out.dims.assign(data.dims.begin(), data.dims.begin() + axis);
  out.dims.insert(out.dims.end(), which.dims.begin(), which.dims.end());
  out.dims.insert(out.dims.end(), data.dims.begin() + axis + 1, data.dims.end());
  const Index count = count_of(out.dims);
  if (count < 0 || count > most) return std::nullopt;
  const std::vector<Index> steps = steps_of(data.dims), inner = steps_of(which.dims);
  out.values = pick(data, out.dims, [&](const std::vector<Index>& place) {
    Index from = 0, number = 0;
    for (std::size_t k = 0; k < at; ++k) from += place[k] * steps[k];
    for (std::size_t k = 0; k < inner.size(); ++k) number += place[at + k] * inner[k];
    from += normal_axis(numbers[static_cast<std::size_t>(number)], data.dims[at]) * steps[at];
    for (std::size_t k = at + 1; k < data.dims.size(); ++k) from += place[k - 1 + inner.size()] * steps[k];
    return from;
  });
  return out;
}

FKD_FUNC std::optional<OnnxConstant> fold_slice(const OnnxNode& node, const std::vector<const OnnxConstant*>& in) {
  const OnnxConstant& data = *in[0];
  const auto numbers_of = [&](std::size_t i, const char* name) {
    return i < in.size() && in[i] ? in[i]->wholes() : wholes_attribute(node, name);
  };
  std::vector<Index> begins = numbers_of(1, "starts"), ends = numbers_of(2, "ends"), axes = numbers_of(3, "axes"),
                     by = numbers_of(4, "steps");
  if (axes.empty()) {
    axes.resize(begins.size());
    std::iota(axes.begin(), axes.end(), Index{0});
  }
  if (by.empty()) by.assign(begins.size(), 1);
  if (ends.size() != begins.size() || axes.size() != begins.size() || by.size() != begins.size()) return std::nullopt;
  OnnxConstant out{.dims = data.dims, .is_whole = data.is_whole};
  std::vector<Index> first(data.dims.size(), 0), stride(data.dims.size(), 1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Index axis = normal_axis(axes[i], static_cast<Index>(data.dims.size()));
    if (axis < 0 || by[i] == 0 || (std::abs)(by[i]) > data.dims[static_cast<std::size_t>(axis)] + 1)
      return std::nullopt;
    const auto k = static_cast<std::size_t>(axis);
    const Index size = data.dims[k], low = by[i] > 0 ? 0 : -1;  // backwards, the end is before the first
    const auto clipped = [&](Index at) { return (std::clamp)(at < 0 ? at + size : at, low, size + low); };
    stride[k] = by[i];
    first[k] = clipped(begins[i]);
    const Index length = by[i] > 0 ? clipped(ends[i]) - first[k] : first[k] - clipped(ends[i]);
    out.dims[k] = length > 0 ? div_ceil(length, (std::abs)(by[i])) : 0;
  }
  const std::vector<Index> steps = steps_of(data.dims);
  out.values = pick(data, out.dims, [&](const std::vector<Index>& place) {
    Index from = 0;
    for (std::size_t k = 0; k < place.size(); ++k) from += (first[k] + place[k] * stride[k]) * steps[k];
    return from;
  });
  return out;
}

FKD_FUNC std::optional<OnnxConstant> fold_concat(const OnnxNode& node, const std::vector<const OnnxConstant*>& in,
                                                 Index most) {
  OnnxConstant out = *in[0];
  const auto rank = static_cast<Index>(out.dims.size());
  const Index axis = normal_axis(whole_attribute(node, "axis", 0), rank);
  if (axis != 0) return std::nullopt;  // lists of extents; nothing else is concatenated before the run
  for (std::size_t i = 1; i < in.size(); ++i) {
    if (in[i]->dims.size() != out.dims.size() ||
        !std::equal(out.dims.begin() + 1, out.dims.end(), in[i]->dims.begin() + 1))
      return std::nullopt;
    if (static_cast<Index>(out.values.size() + in[i]->values.size()) > most) return std::nullopt;
    out.dims[0] += in[i]->dims[0];
    out.values.insert(out.values.end(), in[i]->values.begin(), in[i]->values.end());
  }
  return out;
}

/// Extents with axes of 1 put in, or taken out.
FKD_FUNC std::optional<OnnxConstant> fold_axes(const OnnxNode& node, const std::vector<const OnnxConstant*>& in) {
  std::vector<Index> axes = in.size() > 1 && in[1] ? in[1]->wholes() : wholes_attribute(node, "axes");
  OnnxConstant out = *in[0];
  const bool put_in = node.op == "Unsqueeze";
  const Index rank = static_cast<Index>(out.dims.size()) + (put_in ? static_cast<Index>(axes.size()) : 0);
  for (Index& axis : axes) axis = normal_axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  if (!axes.empty() && axes[0] < 0) return std::nullopt;
  if (put_in) {
    for (const Index axis : axes) {
      if (axis > static_cast<Index>(out.dims.size())) return std::nullopt;
      out.dims.insert(out.dims.begin() + axis, 1);
    }
    return out;
  }
  std::vector<Index> kept;
  for (std::size_t k = 0; k < out.dims.size(); ++k) {
    const bool named = std::find(axes.begin(), axes.end(), static_cast<Index>(k)) != axes.end();
    if (named && out.dims[k] != 1) return std::nullopt;
    if (named || (axes.empty() && out.dims[k] == 1)) continue;
    kept.push_back(out.dims[k]);
  }
  out.dims = kept;
  return out;
}

FKD_FUNC std::optional<OnnxConstant> fold_arithmetic(const OnnxNode& node, const OnnxConstant& a,
                                                     const OnnxConstant& b) {
  const OnnxConstant& larger = a.values.size() >= b.values.size() ? a : b;
  if (a.dims != b.dims && a.values.size() != 1 && b.values.size() != 1) return std::nullopt;
  OnnxConstant out{.dims = larger.dims, .is_whole = a.is_whole && b.is_whole};
  for (std::size_t i = 0; i < larger.values.size(); ++i) {
    const double x = a.values[a.values.size() == 1 ? 0 : i], y = b.values[b.values.size() == 1 ? 0 : i];
    const double result = node.op == "Add" ? x + y : node.op == "Sub" ? x - y : node.op == "Mul" ? x * y : x / y;
    out.values.push_back(out.is_whole ? (std::trunc)(result) : result);
  }
  return out;
}

FKD_FUNC std::optional<OnnxConstant> fold_transpose(const OnnxNode& node, const OnnxConstant& in) {
  std::vector<Index> perm = wholes_attribute(node, "perm");
  if (perm.empty())
    for (std::size_t k = in.dims.size(); k-- > 0;) perm.push_back(static_cast<Index>(k));
  std::vector<Index> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t k = 0; k < sorted.size(); ++k)
    if (sorted[k] != static_cast<Index>(k)) return std::nullopt;
  if (perm.size() != in.dims.size()) return std::nullopt;
  OnnxConstant out{.is_whole = in.is_whole};
  for (const Index axis : perm) out.dims.push_back(in.dims[static_cast<std::size_t>(axis)]);
  const std::vector<Index> steps = steps_of(in.dims);
  out.values = pick(in, out.dims, [&](const std::vector<Index>& place) {
    Index from = 0;
    for (std::size_t k = 0; k < place.size(); ++k) from += place[k] * steps[static_cast<std::size_t>(perm[k])];
    return from;
  });
  return out;
}

FKD_FUNC std::optional<OnnxConstant> fold_reshape(const OnnxConstant& in, const OnnxConstant& shape) {
  OnnxConstant out = in;
  out.dims = shape.wholes();
  Index known = 1;
  for (std::size_t k = 0; k < out.dims.size(); ++k) {
    if (out.dims[k] == 0 && k < in.dims.size()) out.dims[k] = in.dims[k];
    if (out.dims[k] > 0) known = checked_product(known, out.dims[k]);
  }
  for (Index& dim : out.dims)
    if (dim == -1 && known > 0) dim = static_cast<Index>(in.values.size()) / known;
  return count_of(out.dims) == static_cast<Index>(in.values.size()) ? std::optional{out} : std::nullopt;
}

FKD_FUNC std::optional<OnnxConstant> fold(const OnnxNode& node, const std::vector<const OnnxConstant*>& in,
                                          Index most) {
  const std::string& op = node.op;
  if (op == "Constant") {
    if (const OnnxAttribute* const its = find_attribute(node, "value")) return to_constant(its->tensor);
    if (const OnnxAttribute* const its = find_attribute(node, "value_float"))
      return OnnxConstant{.values = {static_cast<double>(its->real)}};
    if (const OnnxAttribute* const its = find_attribute(node, "value_int"))
      return OnnxConstant{.values = {static_cast<double>(its->whole)}, .is_whole = true};
    if (const OnnxAttribute* const its = find_attribute(node, "value_ints"))
      return OnnxConstant{.dims = {static_cast<Index>(its->wholes.size())},
                          .values = {its->wholes.begin(), its->wholes.end()},
                          .is_whole = true};
    if (const OnnxAttribute* const its = find_attribute(node, "value_floats"))
      return OnnxConstant{.dims = {static_cast<Index>(its->reals.size())},
                          .values = {its->reals.begin(), its->reals.end()}};
    return std::nullopt;
  }
  if (in.empty() || in[0] == nullptr) return std::nullopt;
  if (op == "Identity") return *in[0];
  if (op == "Cast") {
    OnnxConstant out = *in[0];
    const auto to = static_cast<OnnxType>(whole_attribute(node, "to", 1));
    out.is_whole =
        to != OnnxType::float32 && to != OnnxType::float64 && to != OnnxType::float16 && to != OnnxType::bfloat16;
    for (double& value : out.values)
      if (out.is_whole) value = (std::trunc)(value);
    return out;
  }
  if (op == "ConstantOfShape") {
    const OnnxAttribute* const value = find_attribute(node, "value");
    OnnxConstant out{.dims = in[0]->wholes()};
    const std::optional<OnnxConstant> one =
        value ? to_constant(value->tensor) : OnnxConstant{.dims = {1}, .values = {0}};
    const Index count = count_of(out.dims);
    if (!one || one->values.size() != 1 || count < 0 || count > most) return std::nullopt;
    out.is_whole = one->is_whole;
    out.values.assign(static_cast<std::size_t>(count), one->values[0]);
    return out;
  }
  if (op == "Slice") return fold_slice(node, in);
  if (op == "Unsqueeze" || op == "Squeeze") return fold_axes(node, in);
  if (op == "Transpose") return fold_transpose(node, *in[0]);
  if (std::find(in.begin(), in.end(), nullptr) != in.end()) return std::nullopt;
  if (op == "Concat") return fold_concat(node, in, most);
  if (in.size() != 2) return std::nullopt;
  if (op == "Gather") return fold_gather(node, *in[0], *in[1], most);
  if (op == "Reshape") return fold_reshape(*in[0], *in[1]);
  if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") return fold_arithmetic(node, *in[0], *in[1]);
  return std::nullopt;
}

}  // namespace fkd::io::detail
