/// \file
/// Average-pooling: each output is the mean of a window, channel by channel (LeCun et al. 1998, section II.B, where it
/// was called sub-sampling).
///
/// `(IH, IW, C) => (OH, OW, C)` with OH as in MaxPool2D. A window that reaches into the padding is the mean of its
/// values in the image or, with count_include_pad, of all its places, those of the padding zero. Backward divides each
/// output's gradient in the same way among the values that it is the mean of.
///
/// Keras: `AveragePooling2D`, which never counts the padding. PyTorch: `AvgPool2d`, which does by default: say
/// `.count_include_pad = true` for its networks. (`divisor_override` has no counterpart.)
#pragma once

#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/reference/average_pool2d.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/pooling.hpp>

namespace fkd {

struct AveragePool2D {
  Extent2D window = {};  ///< KH and KW, required
  Extent2D stride = {};  ///< SH and SW; (0, 0): the window's own size
  Padding padding = Padding::valid;
  bool count_include_pad = false;

  static constexpr std::string_view name = "average_pool2d";

  /// Throws ShapeError: see Pooling.
  constexpr Shape output_shape(Shape in) const { return pooling().output_shape(in); }

  /// The stride, with its default filled in.
  constexpr Extent2D steps() const { return pooling().steps(); }

  /// An addition for each output and place of its window.
  constexpr Index flops(Shape in) const {
    return saturated(checked_product(output_shape(in).size(), window.height * window.width));
  }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"window", window},
            {"stride", steps()},
            {"padding", padding},
            {"count_include_pad", count_include_pad ? "true" : "false"}};
  }

  constexpr MaxPool2DDims dims(Shape in) const { return pooling().dims(in); }

  template <class T>
  void forward(const Forward<T>& f) const {
    detail::fastest::average_pool2d_forward(f.out, f.in, dims(f.in_shape), count_include_pad);
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in) detail::fastest::average_pool2d_d_in(b.d_in, b.d_out, dims(b.in_shape), count_include_pad);
  }

 private:
  constexpr detail::Pooling pooling() const {
    return {.who = "AveragePool2D", .window = window, .stride = stride, .padding = padding};
  }
};

}  // namespace fkd
