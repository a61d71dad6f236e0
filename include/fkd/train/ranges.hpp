/// \file
/// Which parts of θ an optimiser may change: all that is trained, or all but the frozen layers.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <fkd/error.hpp>
#include <fkd/layer_info.hpp>
#include <fkd/model.hpp>

namespace fkd {

/// A part of θ's trained prefix.
struct Range {
  Index first = 0;
  Index count = 0;
};

namespace detail {

/// For each layer (0 for the first) its trained values of θ, gaps included; they follow each other.
[[gnu::cold]] inline std::vector<Range> layer_ranges(std::span<const LayerInfo> layers, Index value_size) {
  std::vector<Range> ranges;
  Index offset = 0;
  for (const LayerInfo& layer : layers) {
    ranges.push_back({offset, layer.trained_bytes(value_size) / value_size});
    offset += ranges.back().count;
  }
  return ranges;
}
template <class A, class T>
std::vector<Range> layer_ranges(const Model<A, T>& net) {
  return layer_ranges(net.architecture().describe(net.input_shape()), static_cast<Index>(sizeof(T)));
}

inline bool is_frozen(std::span<const Index> frozen, std::size_t layer) {
  for (const Index number : frozen)
    if (number == static_cast<Index>(layer) + 1) return true;
  return false;
}

[[gnu::cold]] inline std::vector<Range> trained_ranges(std::span<const Range> layers, std::span<const Index> frozen) {
  for (const Index number : frozen)
    if (number < 1 || number > static_cast<Index>(layers.size()))
      throw frozen_layer_does_not_exist(static_cast<Index>(layers.size()), number);
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].count == 0 || is_frozen(frozen, i)) continue;
    if (!ranges.empty() && ranges.back().first + ranges.back().count == layers[i].first) {
      ranges.back().count += layers[i].count;
    } else {
      ranges.push_back(layers[i]);
    }
  }
  if (ranges.empty() && !frozen.empty()) throw every_layer_is_frozen();
  return ranges;
}

}  // namespace detail

/// The trained parts of θ without the layers `frozen`, which are numbered from 1 as in `summary`. Neighbours are
/// joined. Throws ArgumentError for a number that no layer has, and where nothing is left.
template <class A, class T>
std::vector<Range> trained_ranges(const Model<A, T>& net, std::span<const Index> frozen) {
  return detail::trained_ranges(detail::layer_ranges(net), frozen);
}

/// The first layer (0 for the first) with parameters that are not frozen: below it no gradient is needed.
template <class A, class T>
Index first_trained_layer(const Model<A, T>& net, std::span<const Index> frozen) {
  const std::vector<Range> layers = detail::layer_ranges(net);
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (layers[i].count > 0 && !detail::is_frozen(frozen, i)) return static_cast<Index>(i);
  return 0;
}

}  // namespace fkd
