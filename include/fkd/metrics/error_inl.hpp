/// \file
/// Definitions of error.hpp.
#pragma once

#include <fkd/metrics/error.hpp>

namespace fkd {

FKD_FUNC ArgumentError metric_needs_a_name() {
  return ArgumentError{"Metric: needs a name: expected at least one character, got none"};
}

FKD_FUNC ArgumentError metric_is_named_twice(std::string_view who, std::string_view name) {
  return ArgumentError{format_message({who, ": metric is named twice: expected each name once, got ", name,
                                       " more than once; Metric{\"a name of its own\", metric} gives it another"})};
}

FKD_FUNC ArgumentError metric_does_not_exist(std::string_view who, std::string_view names, std::string_view got) {
  return ArgumentError{
      format_message({who, ": metric does not exist: expected ",
                      names.empty() ? "that metrics are measured (options.metrics), but there are none" : "one of ",
                      names, ", got ", got})};
}

FKD_FUNC ArgumentError metric_has_no_count(std::string_view name, double got) {
  return ArgumentError{
      format_message({name, ": metric has no count: expected a finite count of at least 0, got ", got})};
}

FKD_FUNC ShapeError metric_expects_classes(std::string_view name, Shape y) {
  return ShapeError{format_message({name,
                                    ": metric expects classes: expected an output (H, W, n), a value for each of at "
                                    "least 2 classes, got ",
                                    y, y.channels == 1 ? "; for one value there is BinaryAccuracy" : ""})};
}

FKD_FUNC ShapeError metric_targets_differ(std::string_view name, Shape y, Shape target) {
  return ShapeError{
      format_message({name, ": targets differ: expected as many values as the output ", y, " has", ", got ", target})};
}

FKD_FUNC ArgumentError metric_label_is_no_class(std::string_view name, Index sample, Index pixel, Index classes,
                                                double got) {
  return ArgumentError{format_message({name, ": label is no class: expected a whole number from 0 to ", classes - 1,
                                       ", got ", got, " at sample ", sample, " of the batch, pixel ", pixel})};
}

FKD_FUNC NonFiniteError outputs_are_not_numbers(std::string_view who, Index sample) {
  return NonFiniteError{format_message(
      {who, ": outputs are not numbers: expected numbers to choose a class by, got NaN for sample ", sample})};
}

FKD_FUNC ArgumentError network_has_other_probabilities(bool softmax) {
  return ArgumentError{
      format_message({"predict_probabilities: network has other probabilities: expected those that it "
                      "ends in, of ",
                      softmax ? "softmax" : "sigmoid", ", got a call for those of ", softmax ? "sigmoid" : "softmax"})};
}

FKD_FUNC ArgumentError class_names_differ(Index classes, Index names) {
  return ArgumentError{
      format_message({"ConfusionMatrix: names differ: expected one for each of ", classes, " classes, got ", names})};
}

FKD_FUNC ArgumentError class_counts_differ(std::string_view who, Index labels, Index predicted) {
  return ArgumentError{format_message(
      {who, ": numbers of labels differ: expected a prediction for each of ", labels, " labels, got ", predicted})};
}

}  // namespace fkd
