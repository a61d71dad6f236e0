/// \file
/// The mean absolute error over the targets that are known.
///
///     L = Σ w |y - t| / K,    dL/dy = w sign(y - t) / K,    K = Σ w over the values whose target t is not NaN
///
/// w is the sample's weight, 1 by default. The derivative at y = t is taken as 0. A target that is NaN is unknown.
/// Keras: MeanAbsoluteError. PyTorch: L1Loss.
#pragma once

#include <fkd/backends/reference/mean_absolute_error.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct MeanAbsoluteError {
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y, std::span<const double> weights = {}) const {
    constexpr Index operations = 10;
    return detail::measure_values(y, target, d_y, weights, operations, reference::mean_absolute_error<T>);
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Loss::Held<MeanAbsoluteError>;
#endif

}  // namespace fkd
