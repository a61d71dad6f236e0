/// \file
/// Definitions of evaluate_labels.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/core/argmax.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/class_targets.hpp>
#include <fkd/metrics/classify.hpp>
#include <fkd/train/data_error.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/evaluate_labels.hpp>
#include <fkd/train/labelled_dataset.hpp>

namespace fkd {
namespace detail {

/// Calls `f(x, target, first)` for the samples of `data`, as they are in epoch 0, a batch of them after the other;
/// `first` is the number of the batch's first sample.
template <class T, class F>
void each_batch(const DataSource<T>& data, F&& f) {
  constexpr Index chunk = 128;
  Batch<T> x, target;
  std::vector<Index> indices;
  for (Index begin = 0; begin < data.size(); begin += chunk) {
    indices.clear();
    for (Index i = begin; i < (std::min)(begin + chunk, data.size()); ++i) indices.push_back(i);
    read_batch<T>(data, indices, 0, x, target);
    f(x, target, begin);
  }
}

}  // namespace detail

template <class T>
ConfusionMatrix confusion_matrix(const Model<T>& net, const DataSource<T>& data, std::vector<std::string> names,
                                 Index ignore_index) {
  constexpr const char* who = "confusion_matrix";
  if (data.input_shape() != net.input_shape())
    throw shapes_differ("confusion_matrix: input", net.input_shape(), data.input_shape());
  const bool binary = net.output_shape().channels == 1;
  if (binary && data.target_shape().size() != net.output_shape().size())
    throw metric_targets_differ(who, net.output_shape(), data.target_shape());
  ConfusionMatrix matrix{binary ? 2 : net.output_shape().channels, std::move(names)};
  Workspace<T> workspace;
  detail::each_batch(data, [&](const Batch<T>& x, const Batch<T>& target, Index /*first*/) {
    const std::vector<Index> chosen = predict_labels(net, x, workspace);
    const auto pixels = static_cast<Index>(chosen.size()) / x.samples();
    for (Index n = 0; n < x.samples(); ++n)
      for (Index p = 0; p < pixels; ++p) {
        Index label = -1;
        if (!binary) {
          const BatchView<const T> outputs{nullptr, net.output_shape(), x.samples()};
          label = detail::ClassTargetReader<T>{who, outputs, target, ignore_index}(n, p);
        } else if (const T& value = target.sample(n)[static_cast<std::size_t>(p)]; !is_nan(value)) {
          label = static_cast<double>(value) > 0.5 ? 1 : 0;
        }
        if (label >= 0) matrix.add(label, chosen[static_cast<std::size_t>(n * pixels + p)]);
      }
  });
  return matrix;
}

template <class T>
std::vector<Index> target_labels(const DataSource<T>& data, Index ignore_index) {
  const Shape shape = data.target_shape();
  if (!shape.is_flat()) throw target_has_no_single_label(shape);
  std::vector<Index> labels;
  detail::each_batch(data, [&](const Batch<T>& /*x*/, const Batch<T>& target, Index first) {
    for (Index n = 0; n < target.samples(); ++n) {
      const std::span<const T> values = target.sample(n);
      if (shape.size() > 1) {
        const Index best = argmax(values.data(), shape.size());
        labels.push_back(best < 0 || values[static_cast<std::size_t>(best)] == T{0} ? unknown_label : best);
        continue;
      }
      const auto value = static_cast<double>(values[0]);
      if (is_nan(values[0]) || value == static_cast<double>(ignore_index)) {
        labels.push_back(unknown_label);
      } else if (!(value >= 0 && value < 9e15) || value != static_cast<double>(static_cast<Index>(value))) {
        throw target_is_no_label(first + n, value);
      } else {
        labels.push_back(static_cast<Index>(value));
      }
    }
  });
  return labels;
}

}  // namespace fkd
