/// \file
/// Definitions of error.hpp.
#pragma once

#include <fkd/train/error.hpp>

namespace fkd::detail {

FKD_FUNC std::string step_text(const StepLocation& at) {
  return at.epoch > 0 ? format_message({"epoch ", at.epoch, ", step ", at.step}) : format_message({"step ", at.step});
}

}  // namespace fkd::detail

namespace fkd {

FKD_FUNC ArgumentError frozen_layer_does_not_exist(std::string_view who, Index layers, Index got) {
  return ArgumentError{
      format_message({who, ": frozen layer does not exist: expected a number from 1 to ", layers, ", got ", got})};
}

FKD_FUNC ArgumentError every_layer_is_frozen(std::string_view who) {
  return ArgumentError{format_message(
      {who, ": every layer is frozen: expected at least one layer with parameters that may be trained"})};
}

FKD_FUNC ArgumentError frozen_layer_is_named_twice(std::string_view who, std::string_view layer) {
  return ArgumentError{
      format_message({who, ": frozen layer is named twice: expected each once, got ", layer, " more than once"})};
}

FKD_FUNC ArgumentError frozen_name_does_not_exist(std::string_view who, std::string_view got,
                                                  std::string_view nearest) {
  return ArgumentError{format_message(
      {who,
       ": frozen name does not exist: expected the name of a layer or of a tensor, or one that continues "
       "with a dot in theirs, got ",
       got.empty() ? "an empty one" : got, "; the nearest are ", nearest})};
}

FKD_FUNC ArgumentError state_tensor_is_frozen_with_its_layer(std::string_view who, std::string_view tensor,
                                                             std::string_view layer) {
  return ArgumentError{format_message({who, ": state tensor is frozen with its layer: expected ", layer, ", got ",
                                       tensor, ", which no optimizer changes"})};
}

FKD_FUNC ArgumentError schedule_is_out_of_range(Index epoch, double got) {
  return ArgumentError{
      format_message({"fit: schedule is out of range: expected a factor of at least 0 that leaves the "
                      "learning rate finite, got ",
                      got, " at epoch ", epoch})};
}

FKD_FUNC ArgumentError training_state_belongs_to_another_model(std::string_view who, Index expected, Index got) {
  return ArgumentError{format_message({who, ": training state belongs to another model: expected ", expected,
                                       " values in each state vector, got ", got})};
}

FKD_FUNC ArgumentError training_state_belongs_to_another_optimizer(std::string_view who, Index expected, Index got) {
  return ArgumentError{format_message(
      {who, ": training state belongs to another optimizer: expected ", expected, " state vectors, got ", got})};
}

FKD_FUNC ArgumentError training_state_belongs_to_another_training(std::string_view what, MessageArg expected,
                                                                  MessageArg got) {
  return ArgumentError{format_message(
      {"fit: training state belongs to another training: expected ", what, ": ", expected, ", got ", got})};
}

FKD_FUNC ArgumentError training_state_is_inconsistent(Index epochs, Index costs, Index summed) {
  return ArgumentError{
      format_message({"fit: training state is inconsistent: expected a cost for each finished epoch and no "
                      "more epochs averaged, got ",
                      epochs, " epochs, ", costs, " costs, ", summed, " averaged"})};
}

FKD_FUNC ArgumentError training_state_has_no_cost(double sum, double count) {
  return ArgumentError{
      format_message({"fit: training state has no cost: expected finite numbers of its unfinished epoch, got a sum "
                      "of ",
                      sum, " over ", count})};
}

FKD_FUNC ArgumentError average_needs_epochs_that_are_summed(Index last, Index epochs, Index first_summed,
                                                            Index last_summed) {
  return ArgumentError{format_message({"fit: average_last: expected the mean after the last ", last, " of ", epochs,
                                       " epochs to begin after those that are summed already, got epochs ",
                                       first_summed, " to ", last_summed, " in the training state"})};
}

FKD_FUNC ArgumentError fit_has_two_averages() {
  return ArgumentError{
      format_message({"fit: has two averages: expected average_last or ema, for θ ends as one of them, got both"})};
}

FKD_FUNC ArgumentError average_is_empty(std::string_view who) {
  return ArgumentError{format_message({who,
                                       ": average is empty: expected a training state with a moving average of "
                                       "weights, which a step with the option ema makes, got one without"})};
}

FKD_FUNC ArgumentError moving_average_is_inconsistent(Index steps, Index values) {
  return ArgumentError{
      format_message({"fit: moving average is inconsistent: expected one of at least 1 step, or none, "
                      "got ",
                      values, " values after ", steps, " steps"})};
}

FKD_FUNC ArgumentError loss_takes_logits(std::string_view who, bool is_softmax) {
  return ArgumentError{
      format_message({who,
                      ": loss takes logits: expected a network that does not end in softmax or sigmoid, "
                      "for the loss applies it itself, got one that ends in ",
                      is_softmax ? "softmax" : "sigmoid"})};
}

FKD_FUNC ArgumentError no_target_is_known(std::string_view who, Index samples) {
  return ArgumentError{format_message(
      {who, ": no target is known: expected at least one that is not NaN, got none among ", samples, " samples"})};
}

FKD_FUNC NonFiniteError parameters_are_not_finite(std::string_view who, std::string_view where) {
  return NonFiniteError{format_message(
      {who, ": parameters are not finite: expected numbers before training, got NaN or infinity in ", where})};
}

FKD_FUNC NonFiniteError loss_is_not_finite(const StepLocation& at, std::string_view where) {
  return NonFiniteError{format_message({at.who, ": loss is not finite: expected a number, got NaN or infinity at ",
                                        detail::step_text(at), "; ", where})};
}

FKD_FUNC NonFiniteError validation_loss_is_not_finite(Index epoch, std::string_view where) {
  return NonFiniteError{format_message(
      {"fit: validation loss is not finite: expected a number, got NaN or infinity after epoch ", epoch, "; ", where})};
}

FKD_FUNC NonFiniteError gradient_is_not_finite(const StepLocation& at, const char* tensor) {
  return NonFiniteError{format_message(
      {at.who, ": gradient is not finite: expected numbers, got NaN or infinity at ", detail::step_text(at), ", in ",
       tensor ? "tensor " : "the gradient that the loss assigned", tensor ? tensor : ""})};
}

FKD_FUNC NonFiniteError step_is_not_finite(const StepLocation& at, std::string_view where) {
  return NonFiniteError{
      format_message({at.who, ": step is not finite: expected an update that leaves numbers, got NaN or infinity at ",
                      detail::step_text(at), ", in ", where, "; a smaller learning rate may help"})};
}

FKD_FUNC NonFiniteError average_is_not_finite(Index epoch) {
  return NonFiniteError{format_message(
      {"fit: average is not finite: expected parameters whose sum is a number, got NaN or infinity after epoch ",
       epoch})};
}

FKD_FUNC ArgumentError gradients_belong_to_another_model(std::string_view who) {
  return ArgumentError{
      format_message({who,
                      ": gradients belong to another model: expected those of a model whose tensors have the same "
                      "names, sizes and places, got others"})};
}

FKD_FUNC ArgumentError gradients_are_empty(std::string_view who) {
  return ArgumentError{
      format_message({who,
                      ": gradients are empty: expected compute_gradients of a batch with a known target since the "
                      "last step, got none"})};
}

FKD_FUNC ArgumentError gradients_must_be_empty(std::string_view who, Index batches) {
  return ArgumentError{format_message({who, ": gradients must be empty: expected those of no batch, got those of ",
                                       batches, "; apply_gradients takes a step with them, clear() drops them"})};
}

FKD_FUNC NonFiniteError gradient_norm_is_not_finite(std::string_view who) {
  return NonFiniteError{
      format_message({who, ": norm of the gradient is not finite: expected numbers, got NaN or infinity"})};
}

}  // namespace fkd
