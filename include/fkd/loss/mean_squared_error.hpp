/// \file
/// The mean squared error over the targets that are known.
///
///     L = Σ (y - t)² / K,    dL/dy = 2 (y - t) / K,    over the K values whose target t is not NaN
///
/// A target that is NaN is unknown: it contributes neither to the mean nor to the gradient.
#pragma once

#include <fkd/backends/reference/mean_squared_error.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct MeanSquaredError {
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y) const {
    const reference::SquaredError error = reference::mean_squared_error(d_y, y.data, target.data, y.size());
    return {error.sum, error.count};
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Loss::Held<MeanSquaredError>;
#endif

}  // namespace fkd
