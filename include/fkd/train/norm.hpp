/// \file
/// The Euclidean norm of many values: the same bits for every number of threads.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <vector>

#include <fkd/core/shape.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/train/magnitudes.hpp>

namespace fkd::detail {

/// Σ (x / unit)², in double: of pieces of a fixed length, whose sums are added in order.
template <class T>
[[gnu::cold]] double sum_of_squares(std::span<const T> values, double unit) {
  constexpr Index piece = 32768;
  const auto count = static_cast<Index>(values.size());
  std::vector<double> sums(static_cast<std::size_t>(div_ceil(count, piece)));
  run_tasks(static_cast<Index>(sums.size()), [&](Index task, int) {
    constexpr Index lanes = 8;  // independent sums, which the processor can keep in flight
    const Index begin = task * piece, end = (std::min)(begin + piece, count);
    double lane_sums[lanes] = {};
    const auto add = [&](Index i, Index lane) {
      const auto value = static_cast<double>(values[static_cast<std::size_t>(i)]);
      const double x = unit == 1 ? value : value / unit;
      lane_sums[lane] += x * x;
    };
    Index i = begin;
    for (; i + lanes <= end; i += lanes)
      for (Index lane = 0; lane < lanes; ++lane) add(i + lane, lane);
    for (; i < end; ++i) add(i, 0);
    double sum = 0;
    for (const double lane : lane_sums) sum += lane;
    sums[static_cast<std::size_t>(task)] = sum;
  });
  double sum = 0;
  for (const double piece_sum : sums) sum += piece_sum;
  return sum;
}

/// √Σ x². Of doubles whose squares overflow or vanish, in units of the largest. NaN or infinity where a value is.
template <class T>
[[gnu::cold]] double euclidean_norm(std::span<const T> values) {
  const double sum = sum_of_squares(values, 1);
  if (is_finite(sum) && sum > 1e-280) return (std::sqrt)(sum);
  const auto largest = static_cast<double>(std::bit_cast<T>(largest_magnitude_bits(values)));
  return is_finite(largest) && largest > 0 ? largest * (std::sqrt)(sum_of_squares(values, largest)) : largest;
}

}  // namespace fkd::detail
