/// \file
/// Definitions of freezing.hpp.
#pragma once

#include <algorithm>

#include <fkd/train/error.hpp>
#include <fkd/train/freezing.hpp>

namespace fkd {

FKD_FUNC std::vector<Range> trained_ranges(const std::vector<LayerInfo>& layers, std::span<const Index> frozen,
                                           const char* who) {
  std::vector<Range> ranges;
  Index trained = 0;
  for (const LayerInfo& layer : layers) ranges.push_back(layer.trained);
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

template <class T>
std::vector<Range> trained_ranges(const Model<T>& net, std::span<const Index> frozen, const char* who) {
  return trained_ranges(net.layers(), frozen, who);
}

}  // namespace fkd
