/// \file
/// Images made larger by a whole factor: `(H, W, C) => (H * size.height, W * size.width, C)`. In a decoder it stands
/// where a pool stands in the encoder (Ronneberger, Fischer, Brox 2015, "U-Net", figure 1).
///
/// `nearest` repeats every pixel; `bilinear` interpolates between the centres of pixels, of which the outermost are
/// repeated. Backward is the exact transpose of either.
///
/// Keras: `UpSampling2D(size, interpolation)`, the same. PyTorch: `Upsample(scale_factor, mode)`, the same with its
/// default `align_corners=False`; its modes "bicubic" and align_corners=True have no counterpart here.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/reference/up_sampling2d.hpp>
#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

enum class Interpolation { nearest, bilinear };

struct UpSampling2D {
  Extent2D size = {2, 2};  ///< factors of height and width
  Interpolation interpolation = Interpolation::nearest;

  static constexpr std::string_view name = "up_sampling2d";

  /// Throws ShapeError: an input or a size below 1, extents over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (size.height < 1 || size.width < 1) throw up_sampling2d_size_must_be_positive(size);
    check_input("UpSampling2D", in);
    const Shape out{checked_product(in.height, size.height), checked_product(in.width, size.width), in.channels};
    if (!fits(out.size())) throw extents_overflow_64_bits("UpSampling2D", in, out);
    return out;
  }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"size", size}, {"interpolation", interpolation == Interpolation::nearest ? "nearest" : "bilinear"}};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    if (interpolation == Interpolation::nearest) {
      reference::up_sampling2d_nearest_forward(f.out, f.in, dims(f.in_shape));
    } else {
      detail::fastest::up_sampling2d_bilinear_forward(f.out, f.in, dims(f.in_shape));
    }
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (!b.d_in) return;
    if (interpolation == Interpolation::nearest) {
      detail::fastest::up_sampling2d_nearest_d_in(b.d_in, b.d_out, dims(b.in_shape));
    } else {
      detail::fastest::up_sampling2d_bilinear_d_in(b.d_in, b.d_out, dims(b.in_shape));
    }
  }

 private:
  constexpr UpSampling2DDims dims(Shape in) const {
    return {.IH = in.height, .IW = in.width, .C = in.channels, .SH = size.height, .SW = size.width};
  }
};

}  // namespace fkd
