/// \file
/// Zeros around an image: `(H, W, C) => (top + H + bottom, left + W + right, C)`; backward takes what lies inside.
///
///     fkd::ZeroPadding2D{.padding = fkd::Padding::sides(1)}            one on each side
///     fkd::ZeroPadding2D{.padding = {.bottom = 1, .right = 1}}         as Keras's applications put before stride 2
///
/// A convolution or a pool that is padded needs none: they have a padding of their own. Keras: `ZeroPadding2D`, by
/// default one on each side (here none). PyTorch: `ZeroPad2d`, which lists left, right, top, bottom.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/backends/reference/zero_padding2d.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct ZeroPadding2D {
  Padding padding = {};

  static constexpr std::string_view name = "zero_padding2d";

  /// Throws ShapeError: an input below 1, a negative side, Padding::same, extents over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    check_input("ZeroPadding2D", in);
    check_padding("ZeroPadding2D", padding, in);
    if (padding.is_same) throw zero_padding2d_needs_sides();
    const Shape out{padding.top + in.height + padding.bottom, padding.left + in.width + padding.right, in.channels};
    if (!fits(out.size())) throw extents_overflow_64_bits("ZeroPadding2D", in, out);
    return out;
  }

  std::vector<HyperParameter> hyper_parameters() const { return {{"padding", padding}}; }

  template <class T>
  void forward(const Forward<T>& f) const {
    reference::zero_padding2d_forward(f.out, f.in, f.in_shape, padding);
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in) reference::zero_padding2d_d_in(b.d_in, b.d_out, b.in_shape, padding);
  }
};

}  // namespace fkd
