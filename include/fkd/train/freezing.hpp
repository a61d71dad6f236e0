/// \file
/// Freezing: which parts of θ an optimiser may change, all that is trained or all but the frozen layers.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <fkd/network/layer_info.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/error.hpp>

namespace fkd {

/// A part of θ's trained prefix.
struct Range {
  Index first = 0;
  Index count = 0;
};

namespace detail {

/// Throws ArgumentError for a number that no layer has or that stands there twice, and where every layer with
/// parameters is frozen.
[[gnu::cold]] inline std::vector<Range> trained_ranges(const std::vector<LayerInfo>& layers, Index value_size,
                                                       std::span<const Index> frozen, const char* who) {
  std::vector<Range> ranges(layers.size());
  Index first = 0, trained = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Index count = layers[i].trained_bytes(value_size) / value_size;
    ranges[i] = {first, count};
    first += count;
  }
  for (const Index number : frozen) {
    if (number < 1 || number > static_cast<Index>(layers.size()))
      throw frozen_layer_does_not_exist(who, static_cast<Index>(layers.size()), number);
    if (std::count(frozen.begin(), frozen.end(), number) > 1) throw frozen_layer_is_named_twice(who, number);
    ranges[static_cast<std::size_t>(number) - 1].count = 0;
  }
  for (const Range& range : ranges) trained += range.count;
  if (trained == 0 && !frozen.empty()) throw every_layer_is_frozen(who);
  return ranges;
}

}  // namespace detail

/// For each layer, 0 for the first, the part of θ that may change: empty where it has no parameters, and for the layers
/// `frozen`, which are numbered from 1 as in `summary`. Throws ArgumentError for a number that no layer has, and where
/// nothing is left; `who` opens the sentence.
template <class A, class T>
std::vector<Range> trained_ranges(const Model<A, T>& net, std::span<const Index> frozen, const char* who = "fit") {
  return detail::trained_ranges(net.architecture().describe(net.input_shape()), static_cast<Index>(sizeof(T)), frozen,
                                who);
}

/// The first layer (0 for the first) that may change: below it no gradient is needed.
inline Index first_trained_layer(const std::vector<Range>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i)
    if (ranges[i].count > 0) return static_cast<Index>(i);
  return 0;
}

}  // namespace fkd
