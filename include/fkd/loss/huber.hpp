/// \file
/// The Huber loss: squared for small errors, absolute for large ones, so that a few wrong targets do not rule the
/// gradient (Huber 1964, "Robust estimation of a location parameter", section 1).
///
///     l(e) = e² / 2 where |e| <= δ, else δ (|e| - δ / 2),    e = y - t
///     L = Σ w l(e) / K,    dL/dy = w e / K where |e| <= δ, else w δ sign(e) / K,    K = Σ w
///
/// over the values whose target t is not NaN; w is the sample's weight, 1 by default. Keras: Huber. PyTorch: HuberLoss;
/// its SmoothL1Loss(beta) is this with δ = beta, divided by beta.
#pragma once

#include <fkd/backends/reference/huber.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct Huber {
  double delta = 1;  ///< δ

  [[gnu::cold]] void validate() const {
    if (!is_finite(delta) || delta <= 0) throw option_is_out_of_range("Huber: delta", "a number above 0", delta);
  }
  /// Throws ArgumentError where `delta` makes no sense.
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y, std::span<const double> weights = {}) const {
    validate();
    constexpr Index operations = 10;
    return detail::measure_values(y, target, d_y, weights, operations, [&](const auto& operands, const auto& dims) {
      return reference::huber<T>(operands, dims, delta);
    });
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Loss::Held<Huber>;
#endif

}  // namespace fkd
