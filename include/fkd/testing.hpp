/// \file
/// Checks for layers and networks, fkd's own and yours. Not part of net.hpp: include it in tests.
///
///     const fkd::CheckResult result = fkd::check_layer(MyLayer{.rate = 0.5}, fkd::Shape{5, 4, 3});
///     if (!result) std::cerr << result.text();
///
/// `check_layer` runs a layer by itself and holds it to every law of layer.hpp; `check_gradients` runs a whole network
/// with its loss. Both compare gradients with central differences, in double. Neither prints; a result without
/// complaints is true.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/loss/loss.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/network/model.hpp>
#include <fkd/testing/differences.hpp>
#include <fkd/testing/layer_runner.hpp>

namespace fkd {
namespace detail {

/// The manners in which a layer is run.
inline std::vector<Manner> manners() {
  return {{.words = "what the memory that it assigns held before", .assigned = std::byte{0x3C}},
          {.words = "what scratch, kept or shared memory held before", .working = std::byte{0x3C}},
          {.words = "what another task left in its scratch memory", .refill_scratch = false},
          {.words = "the order of tasks", .refill_scratch = false, .tasks_backwards = true},
          {.words = "the thread that runs it", .thread_of_its_own = true},
          {.words = "where its input and output lie in memory", .shift = 1},
          {.words = "whether d_in is wanted", .d_in = false}};
}

/// Holds a layer to the laws of layer.hpp, all but the gradients' values.
template <class T, Layer L>
void check_laws(const L& layer, Shape in, const CheckOptions& options, std::vector<std::string>& complaints) {
  const LayerRunner<T, L> runner{layer, in, options};
  const std::string who = std::string{layer.name} + (sizeof(T) == 4 ? " (float)" : " (double)");
  const Outcome<T> plain = runner.run({}, complaints);
  const auto compare = [&](const std::vector<T>& a, const std::vector<T>& b, std::string_view what,
                           const Manner& manner) {
    if (!same_bits(a, b))
      complaints.push_back(who + ": " + std::string{what} + " depends on " + std::string{manner.words});
  };
  for (const Manner& manner : manners()) {
    const Outcome<T> other = runner.run(manner, complaints);
    compare(plain.out, other.out, "out", manner);
    compare(plain.predicted, other.predicted, "out in prediction", manner);
    compare(plain.theta, other.theta, "state", manner);
    compare(plain.gradients, other.gradients, "a parameter gradient", manner);
    if (manner.d_in) compare(plain.d_in, other.d_in, "d_in", manner);
  }

  const Manner preloaded{.preload = 1};
  const Outcome<T> added = runner.run(preloaded, complaints);
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (std::size_t i = 0; i < plain.gradients.size(); ++i) {
    const double gradient = static_cast<double>(plain.gradients[i]), sum = static_cast<double>(added.gradients[i]);
    if ((std::abs)(sum - (gradient + 1)) <= 4096 * eps * (1 + (std::abs)(gradient))) continue;
    complaints.push_back(who + ": parameter gradients have to be added to: expected " + std::to_string(gradient + 1) +
                         ", got " + std::to_string(sum));
    break;
  }

  const Requirements prediction = runner.requirements(false);
  if (!prediction.plan && prediction.saved_bytes > 0)
    complaints.push_back(who + ": asks for kept memory in prediction, where nothing is kept");
  if (is_view(layer) && !runner.leaves_shared_memory_alone())
    complaints.push_back(who + ": is a view, but changes the memory that its input and output share");
}

}  // namespace detail

/// Holds a layer to the contract of layer.hpp, in float and in double, and compares its gradients with central
/// differences.
///
/// Buffers that have to be assigned are poisoned before, those that are added to are pre-loaded, all have fences; tasks
/// run in several orders, on other threads and at other addresses, and d_in is left out once. Inputs are random, and so
/// are parameters, near their initial values. Throws what `layer.output_shape(in)` throws.
template <Layer L>
CheckResult check_layer(const L& layer, Shape in, const CheckOptions& options = {}) {
  CheckResult result;
  detail::check_laws<float>(layer, in, options, result.complaints);
  detail::check_laws<double>(layer, in, options, result.complaints);

  detail::LayerRunner<double, L> runner{layer, in, options};
  const std::string who{layer.name};
  const auto loss = [&] { return runner.loss(); };
  const detail::Outcome<double> plain = runner.run({}, result.complaints);
  const Index trained = runner.layout().trained();
  const auto compare = [&](double& v, double derivative, const std::string& where) {
    detail::compare_with_differences(v, derivative, options.step, loss, where, result);
  };
  for (const Index i : detail::some_of(static_cast<Index>(runner.x.size()), options.values, options.seed))
    compare(runner.x[static_cast<std::size_t>(i)], plain.d_in[static_cast<std::size_t>(i)],
            who + ": d_in[" + text(i) + "]");
  for (const TensorSlot& slot : runner.layout().tensors())
    if (slot.spec.role == Role::trained)
      for (const Index i : detail::some_of(slot.size, options.values, options.seed)) {
        double derivative = 0;
        for (Index at = slot.offset + i; at < static_cast<Index>(plain.gradients.size()); at += trained)
          derivative += plain.gradients[static_cast<std::size_t>(at)];
        compare(runner.theta[static_cast<std::size_t>(slot.offset + i)], derivative, slot.name + "[" + text(i) + "]");
      }
  detail::conclude(result, who);
  return result;
}

/// Compares the gradients of a network's loss, by every trained tensor and by the input, with central differences.
template <class A>
CheckResult check_gradients(Model<A, double> net, BatchView<const double> x, BatchView<const double> target,
                            const Loss& loss = MeanSquaredError{}, const CheckOptions& options = {}) {
  Batch<double> in{x.shape, x.samples}, y{net.output_shape(), x.samples}, d_y = y, d_in = in;
  std::copy_n(x.data, x.size(), in.data());
  std::fill_n(d_in.data(), d_in.size(), unknown<double>);
  Workspace<double> workspace;
  LayerContext<double> context = net.context(x.samples, true);
  context.d_in = true;
  const Pass pass{.training = true, .seed = options.seed};
  const auto trained = static_cast<std::size_t>(net.layout().trained());
  const std::vector<double> state(net.parameters().begin() + net.layout().trained(), net.parameters().end());
  const auto measure = [&](double* gradient) {
    net.forward_training(in, y, workspace, context, pass);
    std::copy(state.begin(), state.end(), net.parameters().subspan(trained).begin());
    return loss.measure<double>(y, target, gradient);
  };

  CheckResult result;
  std::vector<double> gradient(trained, 1.0);  // added to, so 1 is taken off again
  measure(d_y.data());
  net.backward(in, y, d_y, gradient, d_in, workspace, pass);
  const auto value = [&] {
    const LossSum sum = measure(nullptr);
    return detail::Measured{sum.mean(), (std::abs)(sum.mean())};
  };
  const auto compare = [&](double& v, double derivative, const std::string& where) {
    detail::compare_with_differences(v, derivative, options.step, value, where, result);
  };
  for (const Index i : detail::some_of(in.size(), options.values, options.seed))
    compare(in.data()[i], d_in.data()[i], "d_in[" + text(i) + "]");
  for (const TensorSlot& slot : net.layout().tensors())
    if (slot.spec.role == Role::trained)
      for (const Index i : detail::some_of(slot.size, options.values, options.seed)) {
        const auto at = static_cast<std::size_t>(slot.offset + i);
        compare(net.parameters()[at], gradient[at] - 1, slot.name + "[" + text(i) + "]");
      }
  detail::conclude(result, "network");
  return result;
}

}  // namespace fkd
