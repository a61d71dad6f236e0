/// \file
/// Dropout of whole channels: neighbouring pixels tell the same, so that dropping single values of an image teaches
/// little. (Tompson et al. 2015, "Efficient object localization using convolutional networks", section 3.2.)
///
/// (H, W, C) => (H, W, C). Keras SpatialDropout2D(rate), PyTorch Dropout2d(p=rate), whose default is 0.5 as here. All
/// else is as with Dropout: see there.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include <fkd/layers/dropout.hpp>

namespace fkd {

struct SpatialDropout2D {
  double rate = 0.5;  ///< the share of channels that is dropped

  static constexpr std::string_view name = "spatial_dropout2d";
  static constexpr bool is_view(bool training) { return !training; }

  /// Throws ShapeError: a rate that is not in [0, 1); an input below 1 or over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    detail::check_dropout("SpatialDropout2D", rate, in);
    return in;
  }

  std::vector<HyperParameter> hyper_parameters() const { return {{"rate", rate}}; }

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    if (!context.training) return {};
    return {.scratch_bytes = row_pixels(context.in) * context.in.channels * static_cast<Index>(sizeof(T))};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    if (f.pass.training) {
      apply(f.out, f.in, f);
    } else if (f.out != f.in) {
      std::copy_n(f.in, f.in_shape.size(), f.out);
    }
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in) apply(b.d_in, b.d_out, b);
  }

 private:
  /// So many pixels have their factors side by side: where channels are few, what is multiplied at a time is longer.
  static constexpr Index row_pixels(Shape in) {
    return (std::min)(in.height * in.width, (255 + in.channels) / in.channels);
  }

  template <class T, class Pass>
  void apply(T* out, const T* in, const Pass& f) const {
    const Index C = f.in_shape.channels, pixels = f.in_shape.height * f.in_shape.width, row = row_pixels(f.in_shape);
    T* factors = as<T>(f.scratch);
    std::fill_n(factors, C, T{1});
    detail::fastest::dropout(factors, factors, C, detail::dropout_draw<T>(f, rate, C));
    for (Index p = 1; p < row; ++p) std::copy_n(factors, C, factors + p * C);
    const Index rows = pixels / row, rest = pixels % row;
    detail::fastest::multiply_rows(out, in, factors, row * C, rows);
    if (rest > 0) detail::fastest::multiply_rows(out + rows * row * C, in + rows * row * C, factors, rest * C, 1);
  }
};

}  // namespace fkd
