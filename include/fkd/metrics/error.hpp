/// \file
/// The errors of metrics, one named factory each, as in core/error.hpp.
#pragma once

#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

[[gnu::cold]] ArgumentError metric_needs_a_name();
[[gnu::cold]] ArgumentError metric_is_named_twice(std::string_view who, std::string_view name);
/// `names` are those that exist, as text.
[[gnu::cold]] ArgumentError metric_does_not_exist(std::string_view who, std::string_view names, std::string_view got);
[[gnu::cold]] ArgumentError metric_has_no_count(std::string_view name, double got);
[[gnu::cold]] ShapeError metric_expects_classes(std::string_view name, Shape y);
[[gnu::cold]] ShapeError metric_targets_differ(std::string_view name, Shape y, Shape target);
[[gnu::cold]] ArgumentError metric_label_is_no_class(std::string_view name, Index sample, Index pixel, Index classes,
                                                     double got);
[[gnu::cold]] NonFiniteError outputs_are_not_numbers(std::string_view who, Index sample);
[[gnu::cold]] ArgumentError network_has_other_probabilities(bool softmax);
[[gnu::cold]] ArgumentError class_names_differ(Index classes, Index names);
[[gnu::cold]] ArgumentError class_counts_differ(std::string_view who, Index labels, Index predicted);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/metrics/error_inl.hpp>
#endif
