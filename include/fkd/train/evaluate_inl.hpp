/// \file
/// Definitions of evaluate.hpp.
#pragma once

#include <algorithm>

#include <fkd/loss/error.hpp>
#include <fkd/metrics/classify.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/threads.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/evaluate.hpp>

namespace fkd {

template <class T>
void read_batch(const DataSource<T>& data, std::span<const Index> indices, Index epoch, Batch<T>& x, Batch<T>& y) {
  const auto samples = static_cast<Index>(indices.size());
  if (x.shape() != data.input_shape() || x.samples() != samples) x = Batch<T>{data.input_shape(), samples};
  if (y.shape() != data.target_shape() || y.samples() != samples) y = Batch<T>{data.target_shape(), samples};
  constexpr Index at_least = 10;  // operations for a value, if it is only copied; a source that augments does more
  run_tasks(
      samples,
      [&](Index n, int) { data.sample(indices[static_cast<std::size_t>(n)], epoch, x.sample(n), y.sample(n)); },
      threads_for(saturated(checked_product(at_least, checked_sum(x.size(), y.size())))));
}

template <class T>
void read_weights(const DataSource<T>& data, std::span<const Index> indices, std::vector<double>& weights) {
  weights.clear();
  bool differ = false;
  for (const Index n : indices) {
    const double weight = data.weight(n);
    if (!is_finite(weight) || weight < 0) throw sample_weight_is_out_of_range("data", n, weight);
    weights.push_back(weight);
    differ = differ || weight != 1;
  }
  if (!differ) weights.clear();
}

template <class T>
void check_data(std::string_view who, const Model<T>& net, const DataSource<T>& data, const Loss& loss) {
  if (data.size() < 1) throw data_must_not_be_empty(who, data.size());
  if (data.input_shape() != net.input_shape())
    throw shapes_differ(format_message({who, ": input"}), net.input_shape(), data.input_shape());
  loss.check_target(format_message({who, ": target"}), net.output_shape(), data.target_shape());
  if (!loss.takes_logits()) return;
  const Probabilities last = detail::last_function(net.network(), net.program().ops, net.program().reads);
  if (last != Probabilities::automatic) throw loss_takes_logits(who, last == Probabilities::softmax);
}

template <class T>
void check_targets(std::string_view who, Shape output, const DataSource<T>& data, const Loss& loss) {
  Batch<T> x, target;
  const Batch<T> y{output, 1};
  for (Index i = 0; i < data.size(); ++i) {
    if (data.weight(i) == 0) continue;
    read_batch<T>(data, {&i, 1}, 0, x, target);
    if (loss.measure<T>(y, target, nullptr).count > 0) return;
  }
  throw no_target_is_known(who, data.size());
}

template <class T>
LossSum evaluate(const Model<T>& net, const DataSource<T>& data, const Loss& loss) {
  return evaluate(net, data, loss, {}).loss;
}

template <class T>
Evaluation evaluate(const Model<T>& net, const DataSource<T>& data, const Loss& loss,
                    const std::vector<Metric>& metrics) {
  check_data("evaluate", net, data, loss);
  detail::check_metrics<T>("evaluate", metrics, net.output_shape(), data.target_shape());
  constexpr Index chunk = 128;
  Workspace<T> workspace;
  Batch<T> x, y;
  std::vector<double> weights;
  Evaluation total;
  for (const Metric& metric : metrics) total.sums.push_back({.name = metric.name()});
  Index indices[chunk];
  for (Index begin = 0; begin < data.size(); begin += chunk) {
    const Index samples = (std::min)(chunk, data.size() - begin);
    for (Index i = 0; i < samples; ++i) indices[i] = begin + i;
    read_batch(data, {indices, static_cast<std::size_t>(samples)}, 0, x, y);
    read_weights(data, {indices, static_cast<std::size_t>(samples)}, weights);
    const Batch<T> predicted = net.predict(x, workspace);
    total.loss += loss.measure<T>(predicted, y, nullptr, weights);
    for (std::size_t i = 0; i < metrics.size(); ++i) total.sums[i].total += metrics[i].measure<T>(predicted, y);
  }
  for (std::size_t i = 0; i < metrics.size(); ++i) total.values.push_back(metrics[i].result(total.sums[i].total));
  return total;
}

}  // namespace fkd
