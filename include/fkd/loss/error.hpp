/// \file
/// What can be wrong with a target or with the weights of a loss.
/// Each factory is named as its sentence begins (core/error.hpp).
#pragma once

#include <string_view>

#include <fkd/core/error.hpp>

namespace fkd {

[[gnu::cold]] ShapeError targets_differ(std::string_view who, Shape expected, Shape got);
[[gnu::cold]] ShapeError softmax_cross_entropy_expects_classes(Shape got);
[[gnu::cold]] ArgumentError softmax_cross_entropy_target_must_be_a_weight(Index sample, Index value, double got);
[[gnu::cold]] ArgumentError softmax_cross_entropy_label_is_no_class(Index sample, Index pixel, Index classes,
                                                                    double got);
[[gnu::cold]] ArgumentError sigmoid_cross_entropy_target_must_be_a_probability(Index sample, Index value, double got);
[[gnu::cold]] ArgumentError loss_weights_differ(std::string_view option, Index expected, Index got);
[[gnu::cold]] ArgumentError sample_weight_is_out_of_range(std::string_view who, Index sample, double got);
[[gnu::cold]] ArgumentError loss_has_no_count(double got);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/loss/error_inl.hpp>
#endif
