/// \file
/// The mean squared error over the targets that are known.
///
///     L = Σ (y - t)² / K,    dL/dy = 2 (y - t) / K,    over the K values whose target t is not NaN
///
/// A target that is NaN is unknown: it stands neither in the mean nor in the gradient.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct MeanSquaredError {
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y) const {
    const Index size = y.size();
    LossSum loss;
    for (Index i = 0; i < size; ++i) {
      if (is_nan(target.data[i])) continue;
      const double error = static_cast<double>(y.data[i]) - static_cast<double>(target.data[i]);
      loss.sum += error * error;
      loss.count += 1;
    }
    if (d_y)
      for (Index i = 0; i < size; ++i) {
        const bool known = !is_nan(target.data[i]);
        d_y[i] = known ? static_cast<T>(2 * (static_cast<double>(y.data[i]) - static_cast<double>(target.data[i])) /
                                        loss.count)
                       : T{0};
      }
    return loss;
  }
};

}  // namespace fkd
