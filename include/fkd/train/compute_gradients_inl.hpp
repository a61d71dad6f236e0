/// \file
/// Definitions of compute_gradients.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/train/compute_gradients.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/magnitudes.hpp>

namespace fkd {
namespace detail {

/// Forward, loss and backward of one batch, in the memory of `Gradients`. The one place where training runs a network.
template <class T>
class GradientPass {
 public:
  GradientPass(const StepLocation& at, Model<T>& net, BatchView<const T> x, BatchView<const T> target, Index step,
               StepMemory<T>& memory, const StepOptions& options)
      : at_{at},
        net_{net},
        x_{x},
        target_{target},
        memory_{memory},
        options_{options},
        y_{memory.y.data(), net.output_shape(), x.samples},
        d_y_{memory.d_y.data(), net.output_shape(), x.samples},
        pass_{.training = true, .seed = options.seed, .step = step, .first_sample = memory.samples} {}

  /// Throws NonFiniteError where the loss, or a state tensor, is not finite.
  [[gnu::cold]] LossSum forward() {
    net_.forward(x_, y_, memory_.workspace, pass_, {.frozen_ops = memory_.frozen_ops});
    memory_.before.restore(net_, memory_.frozen_state);  // also where a layer does not look at `frozen`
    const LossSum loss = options_.loss.template measure<T>(y_, target_, d_y_.data, options_.sample_weights);
    if (loss.count > 0 && !is_finite(loss.sum + options_.epoch_loss.sum)) {
      memory_.before.restore(net_);
      memory_.workspace = {};  // the search takes no more memory than the step did
      throw loss_is_not_finite(at_, why_not_finite<T>(net_, x_, target_, at_.samples));
    }
    if (!all_finite<T>(StateTensors<T>::of(net_)))
      throw step_is_not_finite(
          at_, format_message(
                   {"tensor ", non_finite_tensor(net_.layout(), net_.parameters().data(), net_.layout().size())}));
    return loss;
  }

  /// Adds the gradient of the batch, whose loss is `loss`. Throws NonFiniteError where that, or the sum, is not finite;
  /// then it is dropped.
  [[gnu::cold]] void backward(const LossSum& loss) {
    const auto weight =
        static_cast<T>(options_.reduction == Reduction::sum ? options_.weight * loss.count : options_.weight);
    if (weight != 1) std::transform(d_y_.data, d_y_.data + d_y_.size(), d_y_.data, [=](T d) { return d * weight; });
    try {
      net_.backward(x_, y_, d_y_, memory_.values, {}, memory_.workspace);
      memory_.clear_frozen();
      BitsOf<T> largest = 0;
      for (const Range& range : memory_.ranges)
        largest = (std::max)(largest, largest_magnitude_bits<T>({memory_.values.data() + range.first,
                                                                 static_cast<std::size_t>(range.count)}));
      memory_.largest = std::bit_cast<T>(largest);
      if (largest >= infinity_bits<T>)
        throw gradient_is_not_finite(
            at_, largest_magnitude_bits(d_y_.data, d_y_.size()) < infinity_bits<T>
                     ? non_finite_tensor(net_.layout(), memory_.values.data(), memory_.values.size(), true)
                     : nullptr);
    } catch (...) {
      memory_.clear();
      throw;
    }
  }

 private:
  const StepLocation& at_;
  Model<T>& net_;
  const BatchView<const T> x_, target_;
  StepMemory<T>& memory_;
  const StepOptions& options_;
  const BatchView<T> y_, d_y_;
  const PassConfig pass_;
};

/// Throws ShapeError or ArgumentError where a batch is empty or does not fit the model.
template <class T>
[[gnu::cold]] void check_training_batch(const char* who, const Model<T>& net, BatchView<const T> x,
                                        BatchView<const T> target, const StepOptions& options) {
  check_batch(who, "input", net.input_shape(), x.samples, x.shape, x.samples, x.data);
  if (x.samples == 0) throw data_must_not_be_empty(who, 0);
  options.loss.check_target(format_message({who, ": target"}), net.output_shape(), target.shape);
  check_sample_weights(who, x.samples, options.sample_weights);
  check_batch(who, "target", target.shape, x.samples, target.shape, target.samples, target.data);
}

/// `options` are checked, and `memory` is that of gradients of this model.
template <class T>
[[gnu::cold]] LossSum compute_gradients(const StepLocation& at, Model<T>& net, BatchView<const T> x,
                                        BatchView<const T> target, const TrainingState<T>& state, StepMemory<T>& memory,
                                        const StepOptions& options) {
  check_training_batch(at.who, net, x, target, options);
  memory.freeze(at.who, net, options.frozen);
  memory.step.check_finite(at.who, net.layout(), std::as_const(net).parameters(), state);
  memory.fit(net.output_shape(), x.samples);
  memory.before.save(net);
  GradientPass<T> pass{at, net, x, target, state.step, memory, options};
  LossSum loss;
  try {
    loss = pass.forward();
    if (loss.count > 0) pass.backward(loss);
  } catch (...) {
    memory.before.restore(net);
    throw;
  }
  memory.batches += loss.count > 0;
  memory.samples += x.samples;
  memory.count += loss.count;
  return loss;
}

}  // namespace detail

template <class T>
LossSum compute_gradients(Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                          BatchView<const std::type_identity_t<T>> target, const TrainingState<T>& state,
                          Gradients<T>& gradients, const StepOptions& options) {
  const StepLocation at = detail::step_location(options, "compute_gradients", state.step);
  detail::check_options(at.who, options);
  return detail::compute_gradients<T>(at, net, x, target, state, detail::StepAccess::memory(at.who, gradients, net),
                                      options);
}

}  // namespace fkd
