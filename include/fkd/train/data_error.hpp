/// \file
/// The errors of data sets with labels and of splits, one named factory each, as in core/error.hpp.
#pragma once

#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

[[gnu::cold]] ArgumentError label_does_not_exist(Index sample, Index classes, Index got);
[[gnu::cold]] ShapeError target_has_no_single_label(Shape target);
[[gnu::cold]] ArgumentError target_is_no_label(Index sample, double got);
[[gnu::cold]] ArgumentError split_share_is_out_of_range(double got);
[[gnu::cold]] ArgumentError split_part_is_empty(Index samples, double share, Index validation);
[[gnu::cold]] ArgumentError split_class_has_too_few_samples(Index label, Index got);
[[gnu::cold]] ArgumentError split_part_has_too_few_samples(bool validation, Index classes, Index got);
[[gnu::cold]] ArgumentError split_label_is_unknown(Index sample, Index got);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/data_error_inl.hpp>
#endif
