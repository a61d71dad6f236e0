/// \file
/// Max-pooling: each output is the largest value of a window, channel by channel (Ranzato et al. 2007; Scherer, Müller,
/// Behnke 2010).
///
/// `(IH, IW, C) => (OH, OW, C)` with OH = floor((IH - KH) / SH) + 1: rows and columns that fill no window are left out.
/// Backward sends each output's gradient to the value that won; where windows overlap, the gradients add up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/reference/max_pool2d.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct MaxPool2D {
  Extent2D window = {};  ///< KH and KW, required
  Extent2D stride = {};  ///< SH and SW; (0, 0): the window's own size

  static constexpr std::string_view name = "max_pool2d";

  /// Throws ShapeError: an input below 1; a window below 1, of more than 254 places or larger than its input; a
  /// negative stride, or one that is 0 in only one direction.
  constexpr Shape output_shape(Shape in) const {
    if (window.height < 1 || window.width < 1) throw max_pool2d_window_must_be_positive(window);
    if (window.height > 254 || window.width > 254 || window.height * window.width > 254)
      throw max_pool2d_window_has_too_many_places(window);
    if (stride.height < 0 || stride.width < 0 || (stride.height == 0) != (stride.width == 0))
      throw max_pool2d_stride_must_not_be_negative(stride);
    check_input("MaxPool2D", in);
    if (window.height > in.height || window.width > in.width)
      throw max_pool2d_window_is_larger_than_its_input(window, in);
    return {slide(in.height, window.height, steps().height, Padding::valid.rows()).out,
            slide(in.width, window.width, steps().width, Padding::valid.columns()).out, in.channels};
  }

  /// The stride, with its default filled in.
  constexpr Extent2D steps() const { return stride.height == 0 ? window : stride; }

  std::vector<HyperParameter> hyper_parameters() const { return {{"window", window}, {"stride", steps()}}; }

  [[gnu::noinline]] constexpr MaxPool2DDims dims(Shape in) const {
    const Shape out = output_shape(in);
    return {.IH = in.height,
            .IW = in.width,
            .C = in.channels,
            .OH = out.height,
            .OW = out.width,
            .KH = window.height,
            .KW = window.width,
            .stride_h = (std::min)(steps().height, in.height),  // a longer one has no second position
            .stride_w = (std::min)(steps().width, in.width)};
  }

  /// Behind a convolution it is computed with it, where the backend knows how.
  template <class T>
  constexpr Epilogue<T> epilogue(Shape in) const {
    return {.pool = dims(in)};
  }

  /// A byte for each output: which place of the window won.
  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const Index bytes = output_shape(context.in).size();
    return context.training ? Requirements{.saved_bytes = bytes} : Requirements{.scratch_bytes = bytes};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    std::byte* index = f.pass.training ? f.saved : f.scratch;
    reference::max_pool2d_forward(f.out, as<std::uint8_t>(index), f.in, dims(f.in_shape));
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in) reference::max_pool2d_d_in(b.d_in, b.d_out, as<const std::uint8_t>(b.saved), dims(b.in_shape));
  }
};

}  // namespace fkd
