/// \file
/// What max- and average-pooling have in common: how windows lie on an image, and what is refused.
#pragma once

#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/layers/error.hpp>

namespace fkd::detail {

struct Pooling {
  std::string_view who;
  Extent2D window;
  Extent2D stride;  ///< (0, 0): the window's own size
  Padding padding;

  constexpr Extent2D steps() const { return stride.height == 0 ? window : stride; }

  /// Throws ShapeError: an input below 1; a window below 1, of 2^31 places or more, or larger than its padded input; a
  /// negative stride, or one that is 0 in only one direction; a negative padding, or one so wide that a window sees
  /// nothing else.
  constexpr Shape output_shape(Shape in) const {
    if (window.height < 1 || window.width < 1) throw pool_window_must_be_positive(who, window);
    const Index places = checked_product(window.height, window.width);
    if (places < 0 || places > most_places) throw pool_window_has_too_many_places(who, most_places, window);
    if (stride.height < 0 || stride.width < 0 || (stride.height == 0) != (stride.width == 0))
      throw pool_stride_must_not_be_negative(who, stride);
    check_input(who, in);
    check_padding(who, padding, in);
    const Sliding rows = slide(in.height, window.height, steps().height, padding.rows());
    const Sliding cols = slide(in.width, window.width, steps().width, padding.cols());
    if (rows.out < 1 || cols.out < 1)
      throw pool_window_is_larger_than_its_input(
          who, window, {in.height + padding.top + padding.bottom, in.width + padding.left + padding.right}, in,
          padding == Padding::valid);
    if (rows.before >= window.height || cols.before >= window.width ||
        (rows.out - 1) * steps().height - rows.before >= in.height ||
        (cols.out - 1) * steps().width - cols.before >= in.width)
      throw pool_window_sees_only_padding(who, window, padding, in);
    const Shape out{rows.out, cols.out, in.channels};
    if (!fits(out.size())) throw extents_overflow_64_bits(who, in, out);
    return out;
  }

  [[gnu::noinline]] constexpr MaxPool2DDims dims(Shape in) const {
    const Sliding rows = slide(in.height, window.height, steps().height, padding.rows());
    const Sliding cols = slide(in.width, window.width, steps().width, padding.cols());
    return {.IH = in.height,
            .IW = in.width,
            .C = in.channels,
            .OH = rows.out,
            .OW = cols.out,
            .KH = window.height,
            .KW = window.width,
            .stride_h = rows.out > 1 ? steps().height : window.height,  // of a single position it does not matter
            .stride_w = cols.out > 1 ? steps().width : window.width,
            .pad_top = rows.before,
            .pad_left = cols.before};
  }

 private:
  static constexpr Index most_places = 2147483647;
};

}  // namespace fkd::detail
