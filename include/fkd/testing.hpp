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
#include <fkd/layers/input.hpp>
#include <fkd/loss/loss.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/network/model.hpp>
#include <fkd/network/sequential.hpp>
#include <fkd/testing/differences.hpp>
#include <fkd/testing/layer_runner.hpp>

namespace fkd {
namespace detail {

inline std::string d_input_name(Index inputs, std::size_t k) {
  return inputs == 1 ? "d_in" : "d_inputs[" + std::to_string(k) + "]";
}

/// The manners in which a layer is run.
inline std::vector<Manner> manners() {
  return {{.words = "what the memory that it assigns held before", .assigned = std::byte{0x3C}},
          {.words = "what scratch, saved or workspace memory held before, or on an input or output that requirements() "
                    "did not ask for",
           .working = std::byte{0x3C}},
          {.words = "what another task left in its scratch memory", .refill_scratch = false},
          {.words = "the order of tasks", .refill_scratch = false, .tasks_backwards = true},
          {.words = "the thread that runs it", .thread_of_its_own = true},
          {.words = "where its input and output lie in memory", .shift = 1},
          {.words = "whether d_in is wanted", .d_in = false}};
}

/// A layer by itself, or what it lowers to, as a program; value k is its k-th input.
template <class T, class L>
Program<T> program_of(const L& layer, const std::vector<Shape>& in) {
  Builder<T> builder{in};
  std::vector<BuilderBase::Value> values;
  for (std::size_t k = 0; k < in.size(); ++k) values.push_back(builder.input(static_cast<Index>(k)));
  return builder.finish(builder.add(layer, std::span<const BuilderBase::Value>{values}));
}

/// Holds an op to the laws of layer.hpp, all but the gradients' values.
template <class T>
void check_laws(const Program<T>& program, std::size_t number, const CheckOptions& options,
                std::vector<std::string>& complaints) {
  const OpInfo& op = program.ops[number];
  const LayerRunner<T> runner{program, number, options};
  const std::string who = program.network->name(op) + (sizeof(T) == 4 ? " (float)" : " (double)");
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
    for (std::size_t k = 0; manner.d_in && k < static_cast<std::size_t>(op.inputs); ++k)
      compare(plain.d_inputs[k], other.d_inputs[k], d_input_name(op.inputs, k), manner);
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

  if (runner.requirements(false).saved_bytes > 0)
    complaints.push_back(who + ": asks for saved memory in prediction, where nothing is saved");
  if (op.view && !runner.leaves_shared_memory_alone())
    complaints.push_back(who + ": is a view, but changes the memory that its input and output share");
  if (op.view_in_prediction && !same_bits(plain.predicted, runner.inputs[0]))
    complaints.push_back(who + ": is a view in prediction, but its output there is not its input");
}

/// Compares the gradients of Σ d_out · out of one op with central differences.
[[gnu::cold]] inline void check_op_gradients(const Program<double>& program, const CheckOptions& options,
                                             CheckResult& result) {
  const OpInfo& op = program.ops[0];
  LayerRunner<double> runner{program, 0, options};
  const auto loss = [&] { return runner.loss(); };
  const Outcome<double> plain = runner.run({}, result.complaints);
  const Index trained = runner.layout().trained();
  const auto compare = [&](double& v, double derivative, const std::string& where) {
    compare_with_differences(v, derivative, options.step, loss, where, result);
  };
  for (std::size_t k = 0; k < static_cast<std::size_t>(op.inputs); ++k)
    for (const Index i : some_of(static_cast<Index>(runner.inputs[k].size()), options.values, options.seed))
      compare(runner.inputs[k][static_cast<std::size_t>(i)], plain.d_inputs[k][static_cast<std::size_t>(i)],
              program.network->name(op) + ": " + d_input_name(op.inputs, k) + "[" + text(i) + "]");
  for (const ParameterTensor& slot : runner.layout().tensors())
    if (slot.spec.role == Role::trained)
      for (const Index i : some_of(slot.size, options.values, options.seed)) {
        double derivative = 0;
        for (Index at = slot.offset + i; at < static_cast<Index>(plain.gradients.size()); at += trained)
          derivative += plain.gradients[static_cast<std::size_t>(at)];
        compare(runner.theta[static_cast<std::size_t>(slot.offset + i)], derivative, slot.name + "[" + text(i) + "]");
      }
}

}  // namespace detail

/// Compares the gradients of a network's loss, by every trained tensor and by the input, with central differences.
inline CheckResult check_gradients(Model<double> net, BatchView<const double> x, BatchView<const double> target,
                                   const Loss& loss = MeanSquaredError{}, const CheckOptions& options = {}) {
  Batch<double> in{x.shape, x.samples}, y{net.output_shape(), x.samples}, d_y = y, d_in = in;
  std::copy_n(x.data, x.size(), in.data());
  std::fill_n(d_in.data(), d_in.size(), unknown<double>);
  Workspace<double> workspace;
  const PassConfig pass{.training = true, .seed = options.seed};
  const auto trained = static_cast<std::size_t>(net.layout().trained());
  const std::vector<double> state(net.parameters().begin() + net.layout().trained(), net.parameters().end());
  const auto measure = [&](double* gradient) {
    net.forward(in, y, workspace, pass, {.d_in = true});
    std::copy(state.begin(), state.end(), net.parameters().subspan(trained).begin());
    return loss.measure<double>(y, target, gradient);
  };

  CheckResult result;
  std::vector<double> gradient(trained, 1.0);  // added to, so 1 is taken off again
  measure(d_y.data());
  net.backward(in, y, d_y, gradient, d_in, workspace);
  const auto value = [&] {
    const LossSum sum = measure(nullptr);
    return detail::Measured{sum.mean(), (std::abs)(sum.mean())};
  };
  const auto compare = [&](double& v, double derivative, const std::string& where) {
    detail::compare_with_differences(v, derivative, options.step, value, where, result);
  };
  for (const Index i : detail::some_of(in.size(), options.values, options.seed))
    compare(in.data()[i], d_in.data()[i], "d_in[" + text(i) + "]");
  for (const ParameterTensor& slot : net.layout().tensors())
    if (slot.spec.role == Role::trained)
      for (const Index i : detail::some_of(slot.size, options.values, options.seed)) {
        const auto at = static_cast<std::size_t>(slot.offset + i);
        compare(net.parameters()[at], gradient[at] - 1, slot.name + "[" + text(i) + "]");
      }
  detail::conclude(result, "network");
  return result;
}

/// Holds a layer to the contract of layer.hpp, in float and in double, and compares its gradients with central
/// differences. Of a layer that is made of layers each op is held to it, and the gradients of the whole are compared.
///
/// Buffers that have to be assigned are poisoned before, those that are added to are pre-loaded, all have fences; tasks
/// run in several orders, on other threads and at other addresses, and d_in is left out once. Inputs are random, and so
/// are parameters, near their initial values. `in` has a shape for each input. Throws ShapeError where the layer does
/// not take them.
template <class L>
CheckResult check_layer(const L& layer, const std::vector<Shape>& in, const CheckOptions& options = {}) {
  CheckResult result;
  const Program<float> floats = detail::program_of<float>(layer, in);
  const Program<double> doubles = detail::program_of<double>(layer, in);
  for (std::size_t i = 0; i < floats.ops.size(); ++i) {
    detail::check_laws(floats, i, options, result.complaints);
    detail::check_laws(doubles, i, options, result.complaints);
  }
  if (doubles.ops.size() == 1) {
    detail::check_op_gradients(doubles, options, result);
    detail::conclude(result, std::string{layer.name});
  } else if (in.size() > 1) {
    result.complaints.push_back(std::string{layer.name} +
                                ": is made of layers and has several inputs: compare its gradients with "
                                "check_gradients, in a network");
  } else {
    const Model<double> net{Sequential{Input{in[0].height, in[0].width, in[0].channels}, layer}, options.seed,
                            scalar<double>};
    const auto random = [&](Shape shape, std::uint64_t which) {
      Batch<double> batch{shape, options.samples};
      for (Index i = 0; i < batch.size(); ++i)
        batch.data()[i] = 2 * Random{options.seed, Purpose::user, which}.uniform(static_cast<std::uint64_t>(i)) - 1;
      return batch;
    };
    const CheckResult whole =
        check_gradients(net, random(net.input_shape(), 1), random(net.output_shape(), 2), MeanSquaredError{}, options);
    result.compared = whole.compared;
    result.unresolved = whole.unresolved;
    result.complaints.insert(result.complaints.end(), whole.complaints.begin(), whole.complaints.end());
  }
  return result;
}
template <class L>
CheckResult check_layer(const L& layer, Shape in, const CheckOptions& options = {}) {
  return check_layer(layer, std::vector<Shape>{in}, options);
}

}  // namespace fkd
