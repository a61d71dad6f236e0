/// \file
/// Definitions of error.hpp.
#pragma once

#include <fkd/loss/error.hpp>

namespace fkd {

FKD_FUNC ShapeError targets_differ(std::string_view who, Shape expected, Shape got) {
  if (got.size() != 1) return shapes_differ(who, expected, got);
  const Index classes = expected.size();
  return ShapeError{format_message(
      {who, ": shapes differ: expected samples of ", expected, ", got ", got,
       "; if these are labels of classes, SoftmaxCrossEntropy takes them; for another loss one_hot(labels, ", classes,
       ") makes targets of ", classes, " values"})};
}

FKD_FUNC ShapeError softmax_cross_entropy_expects_classes(Shape got) {
  return ShapeError{format_message(
      {"SoftmaxCrossEntropy: expects classes: expected logits (H, W, n), a value for each of at least 2 classes, got ",
       got, "; the softmax of one value is always 1, SigmoidCrossEntropy takes one"})};
}

FKD_FUNC ArgumentError softmax_cross_entropy_target_must_be_a_weight(Index sample, Index value, double got) {
  return ArgumentError{
      format_message({"SoftmaxCrossEntropy: target must be a weight: expected a number of at least 0, got ", got,
                      " at sample ", sample, " of the batch, value ", value})};
}

FKD_FUNC ArgumentError softmax_cross_entropy_label_is_no_class(Index sample, Index pixel, Index classes, double got) {
  return ArgumentError{
      format_message({"SoftmaxCrossEntropy: label is no class: expected a whole number from 0 to ", classes - 1,
                      ", got ", got, " at sample ", sample, " of the batch, pixel ", pixel,
                      got == static_cast<double>(classes) ? "; labels are counted from 0" : ""})};
}

FKD_FUNC ArgumentError sigmoid_cross_entropy_target_must_be_a_probability(Index sample, Index value, double got) {
  return ArgumentError{
      format_message({"SigmoidCrossEntropy: target must be a probability: expected a number from 0 to 1, got ", got,
                      " at sample ", sample, " of the batch, value ", value})};
}

FKD_FUNC ArgumentError loss_weights_differ(std::string_view option, Index expected, Index got) {
  return ArgumentError{format_message({option, ": weights differ: expected one for each of ", expected,
                                       expected == 1 ? " channel, got " : " channels, got ", got})};
}

FKD_FUNC ArgumentError sample_weight_is_out_of_range(std::string_view who, Index sample, double got) {
  return ArgumentError{format_message(
      {who, ": sample weight is out of range: expected a number of at least 0, got ", got, " for sample ", sample})};
}

FKD_FUNC ArgumentError loss_has_no_count(double got) {
  return ArgumentError{format_message({"loss: count makes no sense: expected a number of at least 0, got ", got})};
}

}  // namespace fkd
