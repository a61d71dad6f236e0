/// \file
/// Definitions of inspect.hpp.
#pragma once

#include <algorithm>
#include <numeric>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/network/inspect.hpp>

namespace fkd::detail {

FKD_FUNC std::vector<LayerLine> layer_table(Shape input, const std::vector<LayerInfo>& layers) {
  std::vector<LayerLine> table{{.name = "0.input", .out = input}};
  for (const LayerInfo& layer : layers)
    table.push_back({layer.name, layer.out, layer.parameters, layer.state, layer.flops});
  return table;
}

FKD_FUNC void append_line(std::string& to, std::initializer_list<MessageArg> cells) {
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

FKD_FUNC std::string summary(const std::vector<LayerLine>& table) {
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

}  // namespace fkd::detail

namespace fkd {

template <class T>
std::vector<LayerLine> layer_table(const Model<T>& net) {
  return detail::layer_table(net.input_shape(), net.layers());
}

template <class T>
std::string summary(const Model<T>& net) {
  return detail::summary(layer_table(net));
}

}  // namespace fkd

namespace fkd::detail {

template <class T>
Batch<T> record(const Model<T>& net, BatchView<const T> x, Workspace<T>& workspace, std::vector<double>* seconds) {
  Batch<T> y{net.output_shape(), x.samples};
  net.forward(x, y, workspace, {}, {.record = true}, seconds);
  return y;
}

template <class T>
BatchView<const T> recorded(const Model<T>& net, BatchView<const T> x, BatchView<const T> y,
                            const Workspace<T>& workspace, Index i) {
  const Index value = i < 0 ? 0 : net.layers()[static_cast<std::size_t>(i)].value;
  const Shape shape = net.network().values[static_cast<std::size_t>(value)];
  return {value == 0 ? x.data : value == net.network().output ? y.data : workspace.value(value), shape, x.samples};
}

}  // namespace fkd::detail

namespace fkd {

template <class T>
std::vector<Batch<T>> activations(const Model<T>& net, BatchView<const std::type_identity_t<T>> x) {
  detail::check_batch("activations", "input", net.input_shape(), x.samples, x.shape, x.samples, x.data);
  if (x.samples == 0) throw data_must_not_be_empty("activations", 0);
  Workspace<T> workspace;
  const Batch<T> y = detail::record(net, x, workspace);
  std::vector<Batch<T>> all;
  for (Index i = -1; i < static_cast<Index>(net.layers().size()); ++i) {
    const BatchView<const T> values = detail::recorded<T>(net, x, y, workspace, i);
    all.emplace_back(values.shape, values.samples);
    std::copy_n(values.data, values.size(), all.back().data());
  }
  return all;
}

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

template <class T>
std::vector<double> layer_seconds(const Model<T>& net, BatchView<const std::type_identity_t<T>> x, int repeats) {
  detail::check_batch("layer_seconds", "input", net.input_shape(), x.samples, x.shape, x.samples, x.data);
  if (x.samples == 0) throw data_must_not_be_empty("layer_seconds", 0);
  Workspace<T> workspace;
  std::vector<std::vector<double>> times(net.layers().size());
  std::vector<double> ops;
  for (int repeat = 0; repeat < (std::max)(1, repeats); ++repeat) {
    (void)detail::record<T>(net, x, workspace, &ops);
    for (std::size_t i = 0; i < times.size(); ++i) {
      const auto first = ops.begin() + net.layers()[i].first_op;
      times[i].push_back(std::accumulate(first, first + net.layers()[i].ops, 0.0));
    }
  }
  std::vector<double> seconds;
  for (std::vector<double>& its : times) {
    std::sort(its.begin(), its.end());
    seconds.push_back(its[its.size() / 2]);
  }
  return seconds;
}

template <class T>
Index first_non_finite_layer(const Model<T>& net, BatchView<const T> x, Workspace<T>& workspace) {
  const Batch<T> y = detail::record(net, x, workspace);
  for (Index i = -1; x.samples > 0 && i < static_cast<Index>(net.layers().size()); ++i) {
    const BatchView<const T> values = detail::recorded<T>(net, x, y, workspace, i);
    for (Index j = 0; j < values.size(); ++j)
      if (!is_finite(values.data[j])) return i + 1;
  }
  return -1;
}

template <class T>
std::string first_non_finite(const Model<T>& net, BatchView<const std::type_identity_t<T>> x) {
  Workspace<T> workspace;
  Index layer = -1;
  for (Index n = 0; n < x.samples; ++n) {
    const Index here = first_non_finite_layer(net, BatchView<const T>{x.sample(n), x.shape, 1}, workspace);
    if (here >= 0 && (layer < 0 || here < layer)) layer = here;
  }
  if (layer < 0) return "every layer's output is finite, so it is the targets or the loss";
  if (layer == 0) return "the input itself holds a value that is not finite";
  return format_message({"the first output that is not finite is that of layer ",
                         net.layers()[static_cast<std::size_t>(layer) - 1].name});
}

}  // namespace fkd
