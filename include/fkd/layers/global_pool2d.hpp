/// \file
/// The mean and the largest value of a whole image, channel by channel: in a classifier what stands between the last
/// convolution and a small Dense, in the place of Flatten (Lin, Chen, Yan 2014, "Network in network", section 3.2).
///
/// `(H, W, C) => (1, 1, C)`: flat, so Dense follows. NaN, ties and gradients are those of MaxPool2D and AveragePool2D.
///
/// Keras: `GlobalAveragePooling2D`, `GlobalMaxPooling2D`. PyTorch: `AdaptiveAvgPool2d(1)`, `AdaptiveMaxPool2d(1)` and
/// Flatten.
#pragma once

#include <string_view>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/reference/average_pool2d.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/pooling.hpp>

namespace fkd {

struct GlobalAveragePool2D {
  static constexpr std::string_view name = "global_average_pool2d";

  /// Throws ShapeError: an input below 1 or over 64 bits, or of 2^31 pixels or more.
  static constexpr Shape output_shape(Shape in) { return pooling(in).output_shape(in); }

  static constexpr Index flops(Shape in) { return in.size(); }

  template <class T>
  void forward(const Forward<T>& f) const {
    detail::fastest::average_pool2d_forward(f.out, f.in, pooling(f.in_shape).dims(f.in_shape), false);
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in) detail::fastest::average_pool2d_d_in(b.d_in, b.d_out, pooling(b.in_shape).dims(b.in_shape), false);
  }

 private:
  static constexpr detail::Pooling pooling(Shape in) {
    check_input("GlobalAveragePool2D", in);
    return {.who = "GlobalAveragePool2D", .window = {in.height, in.width}, .stride = {}, .padding = Padding::valid};
  }
};

struct GlobalMaxPool2D {
  static constexpr std::string_view name = "global_max_pool2d";

  /// Throws ShapeError: an input below 1 or over 64 bits, or of 2^31 pixels or more.
  static constexpr Shape output_shape(Shape in) { return pooling(in).output_shape(in); }

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    return detail::max_pool_requirements(context, pooling(context.in).dims(context.in));
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    detail::max_pool_forward(f, pooling(f.in_shape).dims(f.in_shape));
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    detail::max_pool_backward(b, pooling(b.in_shape).dims(b.in_shape));
  }

 private:
  static constexpr detail::Pooling pooling(Shape in) {
    check_input("GlobalMaxPool2D", in);
    return {.who = "GlobalMaxPool2D", .window = {in.height, in.width}, .stride = {}, .padding = Padding::valid};
  }
};

}  // namespace fkd
