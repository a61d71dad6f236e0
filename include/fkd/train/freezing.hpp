/// \file
/// Freezing: which parts of θ an optimiser may change, all that is trained or all but the frozen layers.
#pragma once

#include <span>
#include <vector>

#include <fkd/network/model.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd {

/// For each layer, 0 for the first, the part of θ that may change: empty where it has no parameters, and for the layers
/// `frozen`, which are numbered from 1 as in `summary`. Throws ArgumentError for a number that no layer has or that
/// stands there twice, and where nothing is left; `who` opens the sentence.
[[gnu::cold]] std::vector<Range> trained_ranges(const std::vector<LayerInfo>& layers, std::span<const Index> frozen,
                                                const char* who = "fit");
template <class T>
std::vector<Range> trained_ranges(const Model<T>& net, std::span<const Index> frozen, const char* who = "fit");

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/freezing_inl.hpp>
#endif
