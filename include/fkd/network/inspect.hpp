/// \file
/// Seeing inside: a network's layers as a table and as text, every layer's output for some samples, and the time it
/// takes.
#pragma once

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/network/layer_info.hpp>
#include <fkd/network/model.hpp>
#include <fkd/network/runtime_sequential.hpp>

namespace fkd {

/// One line of a summary. Line 0 is the Input.
struct LayerLine {
  std::string name;  ///< like `1.conv2d`
  Shape out = {};
  Index parameters = 0;  ///< trained values
  Index state = 0;       ///< values of state tensors
  Index flops = 0;       ///< of one sample's forward pass, a multiply-add counting 2
};

namespace detail {

[[gnu::cold]] inline std::vector<LayerLine> layer_table(Shape input, const std::vector<LayerInfo>& layers) {
  std::vector<LayerLine> table(layers.size() + 1);
  table[0].name = "0.input";
  table[0].out = input;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerLine& line = table[i + 1];
    line.name = format_message({static_cast<Index>(i) + 1, ".", layers[i].name});
    for (const TensorSpec& spec : layers[i].tensors)
      (spec.role == Role::trained ? line.parameters : line.state) += spec.size();
    line.flops = layers[i].flops;
    line.out = layers[i].out;
  }
  return table;
}

/// A line of the table: four columns, filled up with blanks at their right, or at their left for numbers.
[[gnu::cold]] inline void append_line(std::string& to, std::initializer_list<MessageArg> cells) {
  constexpr std::size_t width[4] = {20, 18, 12, 14};
  std::size_t i = 0;
  for (const MessageArg& word : cells) {
    const std::string cell = text(word);
    const std::size_t blanks = cell.size() < width[i] ? width[i] - cell.size() : 0;
    if (i >= 2) to.append(blanks, ' ');
    to.append(cell);
    if (i < 2) to.append(blanks, ' ');
    ++i;
  }
  to.push_back('\n');
}

[[gnu::cold]] inline std::string summary(const std::vector<LayerLine>& table) {
  std::string out;
  append_line(out, {"layer", "output shape", "parameters", "FLOPs"});
  Index parameters = 0, flops = 0;
  for (const LayerLine& line : table) {
    append_line(out, {line.name, line.out, line.parameters, line.flops});
    parameters += line.parameters;
    flops += line.flops;
  }
  append_line(out, {"total", "", parameters, flops});
  return out;
}

}  // namespace detail

/// The layers of a network that has an Input, the Input first.
template <class Architecture>
std::vector<LayerLine> layer_table(const Architecture& architecture) {
  return detail::layer_table(architecture.input, architecture.describe(architecture.input));
}

/// The layer table as text, with totals.
template <class Architecture>
std::string summary(const Architecture& architecture) requires requires {
  architecture.layers();
}
{ return detail::summary(layer_table(architecture)); }
template <class A, class T>
std::string summary(const Model<A, T>& net) {
  return summary(net.architecture());
}

/// The output of every layer for the samples `x`, the input itself first. Layers are run one by one, nothing is
/// computed together; the bits are the same.
template <class A, class T>
[[gnu::cold]] std::vector<Batch<T>> activations(const Model<A, T>& net, BatchView<const std::type_identity_t<T>> x) {
  detail::check_batch("activations", "input", net.input_shape(), x.samples, x.shape, x.samples, x.data);
  if (x.samples == 0) throw data_must_not_be_empty("activations", 0);
  LayerContext<T> context = net.context(x.samples, false);
  context.fuse = false;
  context.record = true;
  Workspace<T> workspace;
  Batch<T> y{net.output_shape(), x.samples};
  net.forward(x, y, workspace, context);
  const Plan& plan = *workspace.requirements().plan;
  std::vector<Batch<T>> all(plan.steps.size() + 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool last = i == plan.steps.size();
    all[i] = Batch<T>{i == 0 ? x.shape : plan.steps[i - 1].out, x.samples};
    const T* from = i == 0 ? x.data : last ? y.data() : as<T>(workspace.saved() + plan.steps[i].value.at);
    std::copy_n(from, all[i].size(), all[i].data());
  }
  return all;
}

/// What a look at some values tells.
struct ValueStatistics {
  double least = 0, largest = 0, mean = 0;  ///< of the finite values
  double zeros = 0;                         ///< share of values that are zero, in [0, 1]
  Index not_finite = 0;                     ///< how many are NaN or infinite
};

template <class T>
ValueStatistics statistics(BatchView<const T> values) {
  detail::check_batch("statistics", "values", values.shape, values.samples, values.shape, values.samples, values.data);
  ValueStatistics s;
  Index numbers = 0, zeros = 0;
  for (Index i = 0; i < values.size(); ++i) {
    if (!is_finite(values.data[i])) continue;
    const auto x = static_cast<double>(values.data[i]);
    s.least = numbers == 0 ? x : (std::min)(s.least, x);
    s.largest = numbers == 0 ? x : (std::max)(s.largest, x);
    s.mean += x;
    zeros += x == 0;
    ++numbers;
  }
  s.not_finite = values.size() - numbers;
  if (numbers > 0) s.mean /= static_cast<double>(numbers);
  if (values.size() > 0) s.zeros = static_cast<double>(zeros) / static_cast<double>(values.size());
  return s;
}
template <class T>
ValueStatistics statistics(const Batch<T>& values) {
  return statistics(values.view());
}

/// Seconds that each layer's forward pass takes for the samples `x`, each layer by itself, in the order of the layers:
/// the median of `repeats`. Neighbours that a model computes together cost less than their sum.
template <class A, class T>
std::vector<double> layer_seconds(const Model<A, T>& net, BatchView<const std::type_identity_t<T>> x, int repeats = 3) {
  using Clock = std::chrono::steady_clock;
  const std::vector<Batch<T>> values = activations(net, x);
  std::vector<double> seconds;
  Index tensor = 0;
  for (Index i = 0; i < net.architecture().layers(); ++i)
    net.architecture().visit(i, [&](const auto& layer) {
      const Batch<T>& in = values[static_cast<std::size_t>(i)];
      const Shape shape = in.shape();
      Model alone{RuntimeSequential{Input{shape.height, shape.width, shape.channels}, {AnyLayer{layer}}}, Seed{},
                  scalar<T>};
      alone.use(net.backend());
      for (Index t = 0; t < static_cast<Index>(alone.layout().tensors().size()); ++t, ++tensor)
        std::ranges::copy(net.tensor(tensor), alone.tensor(t).begin());
      Workspace<T> workspace;
      std::vector<double> times;
      for (int repeat = 0; repeat < (std::max)(1, repeats); ++repeat) {
        const Clock::time_point start = Clock::now();
        (void)alone.predict(in, workspace);
        times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
      }
      std::sort(times.begin(), times.end());
      seconds.push_back(times[times.size() / 2]);
    });
  return seconds;
}

/// Where NaN or infinity first stands for one sample: 0 for the input itself, i for the output of layer i, -1 for
/// nowhere. Takes less memory than a training.
template <class A, class T>
[[gnu::cold]] Index first_non_finite_layer(const Model<A, T>& net, BatchView<const T> x, Workspace<T>& workspace) {
  LayerContext<T> context = net.context(x.samples, false);
  context.fuse = false;
  context.record = true;
  Batch<T> y{net.output_shape(), x.samples};
  net.forward(x, y, workspace, context);
  const std::vector<Step>& steps = workspace.requirements().plan->steps;
  for (std::size_t i = 0; i <= steps.size(); ++i) {
    const T* values = i == 0 ? x.data : i == steps.size() ? y.data() : as<T>(workspace.saved() + steps[i].value.at);
    const Index count = i == 0 ? x.size() : x.samples * steps[i - 1].out.size();
    for (Index j = 0; j < count; ++j)
      if (!is_finite(values[j])) return static_cast<Index>(i);
  }
  return -1;
}

/// The first layer whose output for `x` holds NaN or infinity, as the end of a sentence. Samples go through one by one.
template <class A, class T>
[[gnu::cold]] std::string first_non_finite(const Model<A, T>& net, BatchView<const std::type_identity_t<T>> x) {
  Workspace<T> workspace;
  Index layer = -1;
  for (Index n = 0; n < x.samples; ++n) {
    const Index here = first_non_finite_layer(net, BatchView<const T>{x.sample(n), x.shape, 1}, workspace);
    if (here >= 0 && (layer < 0 || here < layer)) layer = here;
  }
  if (layer < 0) return "every layer's output is finite, so it is the targets or the loss";
  if (layer == 0) return "the input itself holds a value that is not finite";
  return format_message({"the first output that is not finite is that of layer ",
                         layer_table(net.architecture())[static_cast<std::size_t>(layer)].name});
}

}  // namespace fkd
