/// \file
/// Why a loss or a gradient is not finite, as the end of a sentence.
#pragma once

#include <exception>
#include <span>
#include <string>

#include <fkd/network/inspect.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/look.hpp>

namespace fkd::detail {

/// Reads the samples `numbers`, or the first `count` if that is null, again: one at a time, so that this takes less
/// memory than the training did. The first layer from the input on is named, with a sample that shows it.
template <class A, class T>
[[gnu::cold]] std::string why_not_finite(const Model<A, T>& net, const DataSource<T>& data, const Index* numbers,
                                         Index count, Index epoch) {
  Index first = -1, shown_by = -1;
  try {
    Workspace<T> workspace;
    Batch<T> x, target;
    for (Index n = 0; n < count && first != 0; ++n) {
      const Index sample = numbers ? numbers[n] : n;
      read_batch(data, {&sample, 1}, epoch, x, target);
      Index here = first_non_finite_layer<A, T>(net, x, workspace);
      for (Index i = 0; i < target.size() && here < 0; ++i)  // behind the last layer
        if (!is_finite(target.data()[i]) && !is_nan(target.data()[i])) here = net.architecture().layers() + 1;
      if (here >= 0 && (first < 0 || here < first)) first = here, shown_by = sample;
    }
  } catch (const std::exception&) {
    return "where it came from could not be found out";
  }
  if (first < 0) return "every layer's output is finite, so it is the targets or the loss";
  const char* what = "the input itself holds a value that is not finite";
  std::string layer;
  if (first > net.architecture().layers()) {
    what = "every layer's output is finite, but a target is infinite";
  } else if (first > 0) {
    what = "the first output that is not finite is that of layer ";
    layer = layer_table(net.architecture())[static_cast<std::size_t>(first)].name;
  }
  return format_message({what, layer, ": sample ", shown_by});
}

}  // namespace fkd::detail
