/// \file
/// Max-pooling: each output is the largest value of a window, channel by channel (Ranzato et al. 2007; Scherer, Müller,
/// Behnke 2010).
///
/// `(IH, IW, C) => (OH, OW, C)` with OH = floor((top + IH + bottom - KH) / SH) + 1: rows and columns that fill no
/// window are left out; with padding same, OH = ceil(IH / SH). Padding never wins, as if it were minus infinity.
/// Backward sends each output's gradient to the value that won, the first of equals; where windows overlap, the
/// gradients add up. NaN wins, and passes.
///
/// Keras: `MaxPooling2D`, whose default window is (2, 2). PyTorch: `MaxPool2d`, whose padding is the same on both sides
/// and at most half of the window; `ceil_mode=True` is said here with one more row or column of padding at the end.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/reference/max_pool2d.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/pooling.hpp>

namespace fkd {

namespace detail {
/// Saved: for each output which place of the window won. A prediction needs none.
template <class T>
Requirements max_pool_requirements(const LayerContext<T>& context, const MaxPool2DDims& d) {
  if (!context.training) return {};
  return {.saved_bytes = checked_product(d.OH * d.OW * d.C, pool_index_bytes(d))};
}
template <class T>
void max_pool_forward(const Forward<T>& f, const MaxPool2DDims& d) {
  fastest::max_pool2d_forward(f.out, f.pass.training ? as<std::uint8_t>(f.saved) : nullptr, f.in, d);
}
template <class T>
void max_pool_backward(const Backward<T>& b, const MaxPool2DDims& d) {
  if (b.d_in) fastest::max_pool2d_d_in(b.d_in, b.d_out, as<const std::uint8_t>(b.saved), d);
}
}  // namespace detail

struct MaxPool2D {
  Extent2D window = {};  ///< KH and KW, required
  Extent2D stride = {};  ///< SH and SW; (0, 0): the window's own size
  Padding padding = Padding::valid;

  static constexpr std::string_view name = "max_pool2d";

  /// Throws ShapeError: see Pooling.
  constexpr Shape output_shape(Shape in) const { return pooling().output_shape(in); }

  /// The stride, with its default filled in.
  constexpr Extent2D steps() const { return pooling().steps(); }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"window", window}, {"stride", steps()}, {"padding", padding, padding == Padding::valid}};
  }

  constexpr MaxPool2DDims dims(Shape in) const { return pooling().dims(in); }

  /// Behind a convolution it is computed with it, where the backend knows how.
  template <class T>
  constexpr Epilogue<T> epilogue(Shape in) const {
    return {.pool = dims(in)};
  }

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    return detail::max_pool_requirements(context, dims(context.in));
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    detail::max_pool_forward(f, dims(f.in_shape));
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    detail::max_pool_backward(b, dims(b.in_shape));
  }

 private:
  constexpr detail::Pooling pooling() const {
    return {.who = "MaxPool2D", .window = window, .stride = stride, .padding = padding};
  }
};

}  // namespace fkd
