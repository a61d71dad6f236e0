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

[[gnu::cold]] inline std::string step_text(const StepLocation& at) {
  return at.epoch > 0 ? format_message({"epoch ", at.epoch, ", step ", at.step}) : format_message({"step ", at.step});
}

}  // namespace detail

// Options.

[[gnu::cold]] inline ArgumentError frozen_layer_does_not_exist(std::string_view who, Index layers, Index got) {
  return ArgumentError{
      format_message({who, ": frozen layer does not exist: expected a number from 1 to ", layers, ", got ", got})};
}
[[gnu::cold]] inline ArgumentError every_layer_is_frozen(std::string_view who) {
  return ArgumentError{format_message(
      {who, ": every layer is frozen: expected at least one layer with parameters that may be trained"})};
}
[[gnu::cold]] inline ArgumentError frozen_layer_is_named_twice(std::string_view who, Index layer) {
  return ArgumentError{format_message(
      {who, ": frozen layer is named twice: expected each number once, got ", layer, " more than once"})};
}
[[gnu::cold]] inline ArgumentError schedule_is_out_of_range(Index epoch, double got) {
  return ArgumentError{
      format_message({"fit: schedule is out of range: expected a factor of at least 0 that leaves the "
                      "learning rate finite, got ",
                      got, " at epoch ", epoch})};
}

// The training state.

[[gnu::cold]] inline ArgumentError training_state_belongs_to_another_model(std::string_view who, Index expected,
                                                                           Index got) {
  return ArgumentError{format_message({who, ": training state belongs to another model: expected ", expected,
                                       " values in each state vector, got ", got})};
}
[[gnu::cold]] inline ArgumentError training_state_belongs_to_another_optimizer(std::string_view who, Index expected,
                                                                               Index got) {
  return ArgumentError{format_message(
      {who, ": training state belongs to another optimizer: expected ", expected, " state vectors, got ", got})};
}
[[gnu::cold]] inline ArgumentError training_state_belongs_to_another_training(std::string_view what,
                                                                              MessageArg expected, MessageArg got) {
  return ArgumentError{format_message(
      {"fit: training state belongs to another training: expected ", what, ": ", expected, ", got ", got})};
}
[[gnu::cold]] inline ArgumentError training_state_is_inconsistent(Index epochs, Index costs, Index summed) {
  return ArgumentError{
      format_message({"fit: training state is inconsistent: expected a cost for each finished epoch and no "
                      "more epochs averaged, got ",
                      epochs, " epochs, ", costs, " costs, ", summed, " averaged"})};
}
[[gnu::cold]] inline ArgumentError training_state_has_no_cost(double sum, double count) {
  return ArgumentError{
      format_message({"fit: training state has no cost: expected finite numbers of its unfinished epoch, got a sum "
                      "of ",
                      sum, " over ", count})};
}
[[gnu::cold]] inline ArgumentError average_needs_epochs_that_are_summed(Index last, Index epochs, Index first_summed,
                                                                        Index last_summed) {
  return ArgumentError{format_message({"fit: average_last: expected the mean after the last ", last, " of ", epochs,
                                       " epochs to begin after those that are summed already, got epochs ",
                                       first_summed, " to ", last_summed, " in the training state"})};
}

// Data, and what a step computes.

[[gnu::cold]] inline ArgumentError no_target_is_known(std::string_view who, Index samples) {
  return ArgumentError{format_message(
      {who, ": no target is known: expected at least one that is not NaN, got none among ", samples, " samples"})};
}
[[gnu::cold]] inline NonFiniteError parameters_are_not_finite(std::string_view who, std::string_view where) {
  return NonFiniteError{format_message(
      {who, ": parameters are not finite: expected numbers before training, got NaN or infinity in ", where})};
}
[[gnu::cold]] inline NonFiniteError loss_is_not_finite(const StepLocation& at, std::string_view where) {
  return NonFiniteError{format_message({at.who, ": loss is not finite: expected a number, got NaN or infinity at ",
                                        detail::step_text(at), "; ", where})};
}
[[gnu::cold]] inline NonFiniteError validation_loss_is_not_finite(Index epoch, std::string_view where) {
  return NonFiniteError{format_message(
      {"fit: validation loss is not finite: expected a number, got NaN or infinity after epoch ", epoch, "; ", where})};
}
/// `tensor` is null where the gradient that the loss computed, of the network's output, is the cause.
[[gnu::cold]] inline NonFiniteError gradient_is_not_finite(const StepLocation& at, const char* tensor) {
  return NonFiniteError{format_message(
      {at.who, ": gradient is not finite: expected numbers, got NaN or infinity at ", detail::step_text(at), ", in ",
       tensor ? "tensor " : "the gradient that the loss assigned", tensor ? tensor : ""})};
}
[[gnu::cold]] inline NonFiniteError step_is_not_finite(const StepLocation& at, std::string_view where) {
  return NonFiniteError{
      format_message({at.who, ": step is not finite: expected an update that leaves numbers, got NaN or infinity at ",
                      detail::step_text(at), ", in ", where, "; a smaller learning rate may help"})};
}
[[gnu::cold]] inline NonFiniteError average_is_not_finite(Index epoch) {
  return NonFiniteError{format_message(
      {"fit: average is not finite: expected parameters whose sum is a number, got NaN or infinity after epoch ",
       epoch})};
}

// Gradients.

[[gnu::cold]] inline ArgumentError gradients_belong_to_another_model(std::string_view who) {
  return ArgumentError{
      format_message({who,
                      ": gradients belong to another model: expected those of a model whose tensors have the same "
                      "names, sizes and places, got others"})};
}
[[gnu::cold]] inline ArgumentError gradients_are_empty(std::string_view who) {
  return ArgumentError{
      format_message({who,
                      ": gradients are empty: expected compute_gradients of a batch with a known target since the "
                      "last step, got none"})};
}
[[gnu::cold]] inline ArgumentError gradients_must_be_empty(std::string_view who, Index batches) {
  return ArgumentError{format_message({who, ": gradients must be empty: expected those of no batch, got those of ",
                                       batches, "; apply_gradients takes a step with them, clear() drops them"})};
}
[[gnu::cold]] inline NonFiniteError gradient_norm_is_not_finite(std::string_view who) {
  return NonFiniteError{
      format_message({who, ": norm of the gradient is not finite: expected numbers, got NaN or infinity"})};
}

}  // namespace fkd
