/// \file
/// The mean squared error over the targets that are known.
///
///     L = Σ w (y - t)² / K,    dL/dy = 2 w (y - t) / K,    K = Σ w over the values whose target t is not NaN
///
/// w is the sample's weight, 1 by default. A target that is NaN is unknown: it contributes neither to the mean nor to
/// the gradient. Keras: MeanSquaredError. PyTorch: MSELoss.
#pragma once

#include <fkd/backends/reference/mean_squared_error.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct MeanSquaredError {
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y, std::span<const double> weights = {}) const {
    constexpr Index operations = 10;
    return detail::measure_values(y, target, d_y, weights, operations, reference::mean_squared_error<T>);
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Loss::Held<MeanSquaredError>;
#endif

}  // namespace fkd
