/// \file
/// Freezing: which parts of θ an optimiser may change, all that is trained or all but the frozen layers.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <fkd/network/model.hpp>
#include <fkd/runtime/program.hpp>
#include <fkd/train/error.hpp>

namespace fkd {

/// For each layer, 0 for the first, the part of θ that may change: empty where it has no parameters, and for the layers
/// `frozen`, which are numbered from 1 as in `summary`. Throws ArgumentError for a number that no layer has or that
/// stands there twice, and where nothing is left; `who` opens the sentence.
[[gnu::cold]] inline std::vector<Range> trained_ranges(const std::vector<LayerInfo>& layers,
                                                       std::span<const Index> frozen, const char* who = "fit") {
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
std::vector<Range> trained_ranges(const Model<T>& net, std::span<const Index> frozen, const char* who = "fit") {
  return trained_ranges(net.layers(), frozen, who);
}

}  // namespace fkd
