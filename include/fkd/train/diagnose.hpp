/// \file
/// Which tensor, layer or sample holds NaN or infinity, as a part of a sentence.
#pragma once

#include <exception>
#include <span>
#include <string>

#include <fkd/core/parameters.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/magnitudes.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// The tensor of θ, or of its trained prefix, that holds NaN or infinity; null if none does. The first, or the last.
template <class T>
[[gnu::cold]] const char* non_finite_tensor(const ParameterLayout& layout, const T* theta, Index count,
                                            bool last = false) {
  const char* found = nullptr;
  for (const ParameterTensor& slot : layout.tensors())
    if ((last || !found) && slot.offset < count &&
        largest_magnitude_bits(theta + slot.offset, slot.size) >= infinity_bits<T>)
      found = slot.name.c_str();
  return found;
}

/// The tensor of θ, or of the optimizer state, that holds NaN or infinity; empty if none does.
template <class T>
[[gnu::cold]] std::string non_finite_values(const ParameterLayout& layout, const T* theta,
                                            const TrainingState<T>& state) {
  const char* tensor = non_finite_tensor(layout, theta, layout.size());
  const char* of = "tensor ";
  for (const Buffer<T>& vector : state.optimizer_state)
    if (!tensor) {
      tensor = non_finite_tensor(layout, vector.data(), vector.size());
      of = "the optimizer state of tensor ";
    }
  return tensor ? format_message({of, tensor}) : "";
}

/// Finds the first layer from the input on whose output is not finite for a sample. Samples go through the network one
/// at a time, so that this takes less memory than a training step.
template <class T>
class NonFiniteSearch {
 public:
  explicit NonFiniteSearch(const Model<T>& net) : net_{net} {}

  /// Whether no later sample can change the answer.
  bool is_over() const { return layer_ == 0; }
  /// One sample and its target; `number` is what the sentence calls it.
  [[gnu::cold]] void add(BatchView<const T> x, std::span<const T> target, Index number) {
    Index layer = first_non_finite_layer<T>(net_, x, workspace_);
    for (std::size_t i = 0; i < target.size() && layer < 0; ++i)  // behind the last layer
      if (!is_finite(target[i]) && !is_nan(target[i])) layer = static_cast<Index>(net_.layers().size()) + 1;
    if (layer >= 0 && (layer_ < 0 || layer < layer_)) layer_ = layer, sample_ = number;
  }
  [[gnu::cold]] std::string result(const char* of = "") const {
    if (layer_ < 0) return "every layer's output is finite, so it is the targets or the loss";
    const char* what = "the input itself holds a value that is not finite";
    std::string name;
    if (layer_ > static_cast<Index>(net_.layers().size())) {
      what = "every layer's output is finite, but a target is infinite";
    } else if (layer_ > 0) {
      what = "the first output that is not finite is that of layer ";
      name = net_.layers()[static_cast<std::size_t>(layer_) - 1].name;
    }
    return format_message({what, name, ": sample ", sample_, of});
  }

 private:
  const Model<T>& net_;
  Workspace<T> workspace_;
  Index layer_ = -1;  // of the sample; 0 for the input, layers() + 1 for the target
  Index sample_ = -1;
};

inline constexpr const char* no_diagnosis = "where it came from could not be found out";

/// Why the loss of a batch is not finite. `numbers` are the samples' in their data set; if empty, their places in the
/// batch are named.
template <class T>
[[gnu::cold]] std::string why_not_finite(const Model<T>& net, BatchView<const T> x, BatchView<const T> target,
                                         std::span<const Index> numbers) {
  try {
    NonFiniteSearch<T> search{net};
    for (Index n = 0; n < x.samples && !search.is_over(); ++n)
      search.add({x.sample(n), x.shape, 1}, {target.sample(n), static_cast<std::size_t>(target.shape.size())},
                 n < static_cast<Index>(numbers.size()) ? numbers[static_cast<std::size_t>(n)] : n);
    return search.result(numbers.empty() ? " of the batch" : "");
  } catch (const std::exception&) {
    return no_diagnosis;
  }
}

/// Why the loss over a data source is not finite.
template <class T>
[[gnu::cold]] std::string why_not_finite(const Model<T>& net, const DataSource<T>& data) {
  try {
    NonFiniteSearch<T> search{net};
    Batch<T> x, target;
    for (Index n = 0; n < data.size() && !search.is_over(); ++n) {
      read_batch(data, {&n, 1}, 0, x, target);
      search.add(x, target.sample(0), n);
    }
    return search.result();
  } catch (const std::exception&) {
    return no_diagnosis;
  }
}

}  // namespace fkd::detail
