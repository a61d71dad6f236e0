/// \file
/// What normalisations share: their parts (reference/normalise.hpp, `detail::fastest`), and how a deviation is taken.
#pragma once

#include <cmath>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/reference/normalise.hpp>
#include <fkd/core/is_nan.hpp>

namespace fkd::detail {

/// 1 / sqrt(variance + epsilon), of `count` values whose deviations' squares add up to `squares`. Where all values are
/// the same, rounding may leave a sum below 0.
inline double inverse_deviation(double squares, double count, double epsilon) {
  if (!is_nan(squares) && squares < 0) squares = 0;
  return 1 / (std::sqrt)(squares / count + epsilon);
}

}  // namespace fkd::detail
