/// \file
/// Dropout: while training each value is multiplied with zero with probability `rate`, else with 1 / (1 - rate), so
/// that its mean stays; in prediction nothing happens. (Srivastava et al. 2014, "Dropout: a simple way to prevent
/// neural networks from overfitting"; scaled while training: section 10, "inverted".)
///
/// (H, W, C) => (H, W, C). Keras Dropout(rate), PyTorch Dropout(p=rate), whose default is 0.5 as here; Keras has none.
///
/// Which values are dropped is a function of the seed, of the step, of the layer's place in the network, and of the
/// sample's number in the batch: the same in backward, so that nothing is saved; for any number of threads and however
/// a batch is cut; and on every machine. In prediction its output is its input's memory, which costs nothing. A NaN or
/// an infinity that is dropped becomes NaN: it is not hidden.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/reference/dropout.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/random.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/relu.hpp>

namespace fkd {
namespace detail {

constexpr void check_dropout(std::string_view who, double rate, Shape in) {
  if (!is_finite(rate) || rate < 0 || rate >= 1) throw dropout_rate_is_out_of_range(who, rate);
  check_input(who, in);
}

/// `f` is a Forward or a Backward, `size` the number of values that each sample draws for.
template <class T, class Pass>
DropoutDraw<T> dropout_draw(const Pass& f, double rate, Index size) {
  const Random random{f.pass.seed, Purpose::layer, f.layer, static_cast<std::uint64_t>(f.pass.step)};
  const auto blocks = static_cast<std::uint64_t>((size + 63) / 64 * 16);
  return {.key = random.key(),
          .when = random.when(),
          .first_block = static_cast<std::uint64_t>(f.pass.first_sample) * blocks,
          .threshold = static_cast<std::uint32_t>(rate * 4294967296.0),
          .scale = static_cast<T>(1 / (1 - rate))};
}

}  // namespace detail

struct Dropout {
  double rate = 0.5;  ///< the share that is dropped

  static constexpr std::string_view name = "dropout";
  static constexpr bool is_view(bool training) { return !training; }

  /// Throws ShapeError: a rate that is not in [0, 1); an input below 1 or over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    detail::check_dropout("Dropout", rate, in);
    return in;
  }

  std::vector<HyperParameter> hyper_parameters() const { return {{"rate", rate}}; }

  template <class T>
  void forward(const Forward<T>& f) const {
    const Index size = f.in_shape.size();
    if (f.pass.training) {
      detail::fastest::dropout(f.out, f.in, size, detail::dropout_draw<T>(f, rate, size));
    } else if (f.out != f.in) {
      std::copy_n(f.in, size, f.out);
    }
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    const Index size = b.in_shape.size();
    if (b.d_in) detail::fastest::dropout(b.d_in, b.d_out, size, detail::dropout_draw<T>(b, rate, size));
  }
};

}  // namespace fkd
