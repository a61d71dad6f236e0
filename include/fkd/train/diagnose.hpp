/// \file
/// Why a loss or a gradient is not finite, as the end of a sentence.
#pragma once

#include <exception>
#include <span>
#include <string>

#include <fkd/inspect.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/look.hpp>

namespace fkd::detail {

/// Reads the samples again, one at a time, so that this takes less memory than the training did. The first layer from
/// the input on is named, with a sample that shows it.
template <class A, class T>
[[gnu::cold]] std::string why_not_finite(const Model<A, T>& net, const DataSource<T>& data,
                                         std::span<const Index> samples, Index epoch) {
  try {
    Workspace<T> workspace;
    Batch<T> x, target;
    Index first = -1, shown_by = -1, infinite_target = -1;
    for (const Index& sample : samples) {
      read_batch(data, {&sample, 1}, epoch, x, target);
      const Index layer = first_non_finite_layer<A, T>(net, x, workspace);
      if (layer >= 0 && (first < 0 || layer < first)) first = layer, shown_by = sample;
      for (Index i = 0; i < target.size() && infinite_target < 0; ++i)
        if (!is_finite(target.data()[i]) && !is_nan(target.data()[i])) infinite_target = sample;
      if (first == 0) break;
    }
    if (first == 0) return sentence({"the input itself holds a value that is not finite: sample ", shown_by});
    if (first > 0)
      return sentence({"the first output that is not finite is that of layer ",
                       layer_table(net.architecture())[static_cast<std::size_t>(first)].name, ": sample ", shown_by});
    if (infinite_target >= 0)
      return sentence({"every layer's output is finite, but a target is infinite: sample ", infinite_target});
    return "every layer's output is finite, so it is the targets or the loss";
  } catch (const std::exception& error) {
    return sentence({"where it came from could not be found out: ", error.what()});
  }
}

/// Where a gradient is not finite: backward goes from the last layer to the first, so the last is where it began.
template <class A, class T>
[[gnu::cold]] std::string where_gradient_is_not_finite(const Model<A, T>& net, std::span<const T> d_y,
                                                       std::span<const T> gradient) {
  if (!all_finite<T>(d_y)) return "what the loss gives back for the network's output";
  std::string last = "?";
  for (const TensorSlot& slot : net.layout().tensors())
    if (slot.spec.role == Role::trained &&
        !all_finite<T>(gradient.subspan(static_cast<std::size_t>(slot.offset), static_cast<std::size_t>(slot.size))))
      last = slot.name;
  return sentence({"tensor ", last});
}

}  // namespace fkd::detail
