/// \file
/// Definitions of data_error.hpp.
#pragma once

#include <fkd/train/data_error.hpp>

namespace fkd {

FKD_FUNC ArgumentError label_does_not_exist(Index sample, Index classes, Index got) {
  return ArgumentError{format_message({"LabelledDataset: label does not exist: expected a class from 0 to ",
                                       classes - 1, ", or -100 for an unknown one, got ", got, " for sample ", sample,
                                       got == classes ? "; labels are counted from 0" : ""})};
}

FKD_FUNC ShapeError target_has_no_single_label(Shape target) {
  return ShapeError{
      format_message({"target_labels: target has no single label: expected (1, 1, n), a label or a "
                      "weight for each class, got ",
                      target})};
}

FKD_FUNC ArgumentError target_is_no_label(Index sample, double got) {
  return ArgumentError{format_message(
      {"target_labels: target is no label: expected a whole number of at least 0, got ", got, " for sample ", sample})};
}

FKD_FUNC ArgumentError split_share_is_out_of_range(double got) {
  return ArgumentError{
      format_message({"split: share is out of range: expected the validation data's part of all samples, above 0 and "
                      "below 1, got ",
                      got})};
}

FKD_FUNC ArgumentError split_part_is_empty(Index samples, double share, Index validation) {
  return ArgumentError{
      format_message({"split: a part is empty: expected a share that leaves samples for training and "
                      "for validation, got ",
                      share, " of ", samples, ", that is ", validation, " for validation"})};
}

FKD_FUNC ArgumentError split_class_has_too_few_samples(Index label, Index got) {
  return ArgumentError{format_message(
      {"split: class has too few samples: expected at least 2 of class ", label, ", one for each part, got ", got})};
}

FKD_FUNC ArgumentError split_part_has_too_few_samples(bool validation, Index classes, Index got) {
  return ArgumentError{
      format_message({"split: part has too few samples: expected at least one of each of ", classes, " classes for ",
                      validation ? "validation" : "training", ", got ", got, " samples in all"})};
}

FKD_FUNC ArgumentError split_label_is_unknown(Index sample, Index got) {
  return ArgumentError{
      format_message({"split: label is unknown: expected a class of at least 0 for each sample, got ", got,
                      " for sample ", sample, "; take such samples out (Subset) or split without stratify"})};
}

}  // namespace fkd
