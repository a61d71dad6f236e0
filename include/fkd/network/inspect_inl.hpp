/// \file
/// Definitions of inspect.hpp.
#pragma once

#include <algorithm>
#include <array>
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

/// The lines of `layers` and, below one made of layers, theirs, each without the name of what it is part of.
[[gnu::cold]] FKD_FUNC void append_rows(std::vector<SummaryRow>& rows, const std::vector<LayerInfo>& layers,
                                        std::string_view outer) {
  for (const LayerInfo& layer : layers) {
    std::string_view name = layer.name;
    if (!outer.empty() && name.size() > outer.size() && name[outer.size()] == '.' && name.starts_with(outer))
      name.remove_prefix(outer.size() + 1);
    rows.push_back({std::string(2 * static_cast<std::size_t>(!outer.empty()), ' '), text(layer.out),
                    text(layer.parameters), text(layer.flops)});
    rows.back()[0].append(printable(name));  // of a file, perhaps
    const std::size_t first = rows.size();
    append_rows(rows, layer.inner, layer.name);
    if (!outer.empty())
      for (std::size_t i = first; i < rows.size(); ++i) rows[i][0].insert(0, "  ");
  }
}

FKD_FUNC std::string summary(Shape input, const std::vector<LayerInfo>& layers) {
  Index parameters = 0, state = 0, flops = 0;
  for (const LayerInfo& layer : layers) {
    parameters += layer.parameters;
    state += layer.state;
    flops += layer.flops;
  }
  std::vector<SummaryRow> rows{{"layer", "output shape", "parameters", "FLOPs"}, {"0.input", text(input), "0", "0"}};
  append_rows(rows, layers, {});
  rows.push_back({"total", "", text(parameters), text(flops)});
  if (state > 0) rows.push_back({"not trained", "", text(state), ""});

  std::array<std::size_t, 4> width = {18, 16, 12, 12};
  for (const SummaryRow& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = (std::max)(width[i], row[i].size());
  std::string out;
  for (const SummaryRow& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t blanks = width[i] - row[i].size();
      if (i > 0) out.append("  ");
      if (i >= 2) out.append(blanks, ' ');  // numbers end in one column
      out.append(row[i]);
      if (i < 2) out.append(blanks, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out.push_back('\n');
  }
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
  return detail::summary(net.input_shape(), net.layers());
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
