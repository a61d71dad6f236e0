/// \file
/// Definitions of classify.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/core/argmax.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/classify.hpp>
#include <fkd/metrics/error.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/threads.hpp>

namespace fkd::detail {

FKD_FUNC Probabilities last_function(const NetworkInfo& network, std::span<const OpInfo> ops, const OpInputs& reads) {
  for (Index value = network.output;;) {
    const auto op = std::find_if(ops.begin(), ops.end(), [=](const OpInfo& its) { return its.output == value; });
    if (op == ops.end()) return Probabilities::automatic;
    const std::string& path = network.name(*op);
    const std::string_view name = std::string_view{path}.substr(path.rfind('.') + 1);  // npos + 1 is 0
    if (name == "softmax") return Probabilities::softmax;
    if (name == "sigmoid") return Probabilities::sigmoid;
    if (!op->view || op->inputs != 1) return Probabilities::automatic;
    value = reads.inputs(*op)[0];
  }
}

/// One pixel's.
template <class T>
void softmax_of_logits(const T* z, T* p, Index C) {
  double largest = static_cast<double>(z[0]), sum = 0;
  bool has_nan = false;
  for (Index c = 0; c < C; ++c) {
    has_nan = has_nan || is_nan(z[c]);
    largest = (std::max)(largest, static_cast<double>(z[c]));
  }
  for (Index c = 0; c < C && !has_nan; ++c) sum += (std::exp)(static_cast<double>(z[c]) - largest);
  if (has_nan || is_nan(sum)) {  // infinite logits have no softmax either
    std::fill_n(p, C, unknown<T>);
    return;
  }
  for (Index c = 0; c < C; ++c) p[c] = static_cast<T>((std::exp)(static_cast<double>(z[c]) - largest) / sum);
}

template <class T>
void sigmoid_of_logit(const T& z, T& p) {
  const auto x = static_cast<double>(z);
  const double small_one = (std::exp)(-(std::abs)(x));  // at most 1
  p = is_nan(z) ? unknown<T> : static_cast<T>((x >= 0 ? 1 : small_one) / (1 + small_one));
}

template <class T>
std::vector<Index> chosen_labels(BatchView<const T> outputs, Probabilities last) {
  if (outputs.shape.channels != 1) return argmax(outputs);
  std::vector<Index> labels(static_cast<std::size_t>(outputs.size()));
  const double half = last == Probabilities::sigmoid ? 0.5 : 0.0;
  for (Index i = 0; i < outputs.size(); ++i) {
    if (is_nan(outputs.data[i])) throw outputs_are_not_numbers("predict_labels", i / outputs.shape.size());
    labels[static_cast<std::size_t>(i)] = static_cast<double>(outputs.data[i]) > half ? 1 : 0;
  }
  return labels;
}

}  // namespace fkd::detail

namespace fkd {

template <class T>
Batch<T> probabilities(BatchView<const T> logits, Probabilities kind) {
  Batch<T> p{logits.shape, logits.samples};
  if (logits.samples == 0) return p;
  const Index size = logits.shape.size(), C = logits.shape.channels;
  if (kind == Probabilities::automatic) kind = C == 1 ? Probabilities::sigmoid : Probabilities::softmax;
  constexpr Index for_a_logit = 100;  // operations: two exponentials
  run_tasks(
      logits.samples,
      [&](Index n, int) {
        const T* z = logits.data + n * size;
        T* out = p.data() + n * size;
        if (kind == Probabilities::softmax) {
          for (Index i = 0; i < size; i += C) detail::softmax_of_logits(z + i, out + i, C);
        } else {
          for (Index i = 0; i < size; ++i) detail::sigmoid_of_logit(z[i], out[i]);
        }
      },
      threads_for(saturated(checked_product(for_a_logit, logits.size()))));
  return p;
}

template <class T>
Batch<T> probabilities(const Batch<T>& logits, Probabilities kind) {
  return probabilities(logits.view(), kind);
}

template <class T>
std::vector<Index> argmax(BatchView<const T> outputs) {
  const Index C = outputs.shape.channels;
  if (C < 2) throw metric_expects_classes("argmax", outputs.shape);
  std::vector<Index> labels(static_cast<std::size_t>(outputs.size() / C));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = argmax(outputs.data + static_cast<Index>(i) * C, C);
    if (labels[i] < 0) throw outputs_are_not_numbers("argmax", static_cast<Index>(i) * C / outputs.shape.size());
  }
  return labels;
}

template <class T>
std::vector<Index> argmax(const Batch<T>& outputs) {
  return argmax(outputs.view());
}

template <class T>
Batch<T> predict_probabilities(const Model<T>& net, BatchView<const std::type_identity_t<T>> x, Workspace<T>& workspace,
                               Probabilities kind) {
  const Probabilities last = detail::last_function(net.network(), net.program().ops, net.program().reads);
  if (last != Probabilities::automatic && kind != Probabilities::automatic && kind != last)
    throw network_has_other_probabilities(last == Probabilities::softmax);
  Batch<T> outputs = net.predict(x, workspace);
  return last == Probabilities::automatic ? probabilities(outputs, kind) : outputs;
}

template <class T>
Batch<T> predict_probabilities(const Model<T>& net, BatchView<const std::type_identity_t<T>> x, Probabilities kind) {
  Workspace<T> workspace;
  return predict_probabilities(net, x, workspace, kind);
}

template <class T>
std::vector<Index> predict_labels(const Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                                  Workspace<T>& workspace) {
  const Batch<T> outputs = net.predict(x, workspace);
  return detail::chosen_labels(outputs.view(),
                               detail::last_function(net.network(), net.program().ops, net.program().reads));
}

template <class T>
std::vector<Index> predict_labels(const Model<T>& net, BatchView<const std::type_identity_t<T>> x) {
  Workspace<T> workspace;
  return predict_labels(net, x, workspace);
}

}  // namespace fkd
