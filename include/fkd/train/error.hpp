/// \file
/// The errors of training, one named factory each, as in core/error.hpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/message.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Names a training step in an error.
struct StepLocation {
  const char* who = nullptr;  ///< the first word of the error; null: the function that was called
  Index epoch = 0;            ///< 1 for the first; 0: not named
  Index step = 0;             ///< of the epoch, 1 for the first; 0: that of the training state
  std::span<const Index> samples =
      {};  ///< the numbers of the batch's samples in their data set; empty: named by their place in the batch
};

namespace detail {

[[gnu::cold]] std::string step_text(const StepLocation& at);

}  // namespace detail

// Options.

[[gnu::cold]] ArgumentError frozen_layer_does_not_exist(std::string_view who, Index layers, Index got);
[[gnu::cold]] ArgumentError every_layer_is_frozen(std::string_view who);
[[gnu::cold]] ArgumentError frozen_layer_is_named_twice(std::string_view who, std::string_view layer);
/// `nearest` are names of layers and tensors, as text.
[[gnu::cold]] ArgumentError frozen_name_does_not_exist(std::string_view who, std::string_view got,
                                                       std::string_view nearest);
[[gnu::cold]] ArgumentError state_tensor_is_frozen_with_its_layer(std::string_view who, std::string_view tensor,
                                                                  std::string_view layer);
[[gnu::cold]] ArgumentError schedule_is_out_of_range(Index epoch, double got);

// The training state.

[[gnu::cold]] ArgumentError training_state_belongs_to_another_model(std::string_view who, Index expected, Index got);
[[gnu::cold]] ArgumentError training_state_belongs_to_another_optimizer(std::string_view who, Index expected,
                                                                        Index got);
[[gnu::cold]] ArgumentError training_state_belongs_to_another_training(std::string_view what, MessageArg expected,
                                                                       MessageArg got);
[[gnu::cold]] ArgumentError training_state_is_inconsistent(Index epochs, Index costs, Index summed);
[[gnu::cold]] ArgumentError training_state_has_no_cost(double sum, double count);
[[gnu::cold]] ArgumentError average_needs_epochs_that_are_summed(Index last, Index epochs, Index first_summed,
                                                                 Index last_summed);

[[gnu::cold]] ArgumentError fit_has_two_averages();
[[gnu::cold]] ArgumentError average_is_empty(std::string_view who);
[[gnu::cold]] ArgumentError moving_average_is_inconsistent(Index steps, Index values);

// Data, and what a step computes.

[[gnu::cold]] ArgumentError loss_takes_logits(std::string_view who, bool is_softmax);
[[gnu::cold]] ArgumentError no_target_is_known(std::string_view who, Index samples);
[[gnu::cold]] NonFiniteError parameters_are_not_finite(std::string_view who, std::string_view where);
[[gnu::cold]] NonFiniteError loss_is_not_finite(const StepLocation& at, std::string_view where);
[[gnu::cold]] NonFiniteError validation_loss_is_not_finite(Index epoch, std::string_view where);
/// `tensor` is null where the gradient that the loss computed, of the network's output, is the cause.
[[gnu::cold]] NonFiniteError gradient_is_not_finite(const StepLocation& at, const char* tensor);
[[gnu::cold]] NonFiniteError step_is_not_finite(const StepLocation& at, std::string_view where);
[[gnu::cold]] NonFiniteError average_is_not_finite(Index epoch);

// Gradients.

[[gnu::cold]] ArgumentError gradients_belong_to_another_model(std::string_view who);
[[gnu::cold]] ArgumentError gradients_are_empty(std::string_view who);
[[gnu::cold]] ArgumentError gradients_must_be_empty(std::string_view who, Index batches);
[[gnu::cold]] NonFiniteError gradient_norm_is_not_finite(std::string_view who);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/error_inl.hpp>
#endif
