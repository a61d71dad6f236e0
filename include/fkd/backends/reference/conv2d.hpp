/// \file
/// Convolution by its definition: plain loops over one sample. Every other backend is held equal to this.
///
/// What deep learning calls a convolution is a cross-correlation: the kernel is not flipped (Goodfellow, Bengio,
/// Courville, "Deep Learning" 2016, equation 9.6).
///
///     out(oh, ow, oc) = bias(oc) + Σ_{kh, kw, ic} in(oh·SH + kh - PT, ow·SW + kw - PL, ic) · weight(kh, kw, ic, oc)
///
/// where `in` is zero outside of the image. The other two functions are its derivatives: each product above gives one
/// term to d_in and one to d_weight.
#pragma once

#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Calls `f(output pixel, input pixel, tap)` for each output pixel and each tap of the kernel that meets the image.
/// Pixels and taps are numbered row by row.
template <class F>
void for_each_tap(const Conv2DDims& d, F f) {
  for (Index oh = 0; oh < d.OH; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow)
      for (Index kh = 0; kh < d.KH; ++kh)
        for (Index kw = 0; kw < d.KW; ++kw) {
          const Index ih = oh * d.stride_h + kh - d.pad_top, iw = ow * d.stride_w + kw - d.pad_left;
          if (ih < 0 || ih >= d.IH || iw < 0 || iw >= d.IW) continue;  // outside stands zero
          f(oh * d.OW + ow, ih * d.IW + iw, kh * d.KW + kw);
        }
}

template <class T>
void conv2d_forward(const Conv2DForward<T>& o, const Conv2DDims& d) {
  for (Index pixel = 0; pixel < d.OH * d.OW; ++pixel)
    for (Index oc = 0; oc < d.OC; ++oc) o.out[pixel * d.OC + oc] = o.bias != nullptr ? o.bias[oc] : T{0};
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for (Index ic = 0; ic < d.IC; ++ic)
      for (Index oc = 0; oc < d.OC; ++oc)
        o.out[out_pixel * d.OC + oc] += o.in[in_pixel * d.IC + ic] * o.weight[(tap * d.IC + ic) * d.OC + oc];
  });
}

template <class T>
void conv2d_d_in(const Conv2DInputGradient<T>& o, const Conv2DDims& d) {
  for (Index i = 0; i < d.IH * d.IW * d.IC; ++i) o.d_in[i] = 0;
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for (Index ic = 0; ic < d.IC; ++ic)
      for (Index oc = 0; oc < d.OC; ++oc)
        o.d_in[in_pixel * d.IC + ic] += o.d_out[out_pixel * d.OC + oc] * o.weight[(tap * d.IC + ic) * d.OC + oc];
  });
}

template <class T>
void conv2d_d_weight(const Conv2DWeightGradient<T>& o, const Conv2DDims& d) {
  for (Index pixel = 0; o.d_bias != nullptr && pixel < d.OH * d.OW; ++pixel)
    for (Index oc = 0; oc < d.OC; ++oc) o.d_bias[oc] += o.d_out[pixel * d.OC + oc];
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for (Index ic = 0; ic < d.IC; ++ic)
      for (Index oc = 0; oc < d.OC; ++oc)
        o.d_weight[(tap * d.IC + ic) * d.OC + oc] += o.in[in_pixel * d.IC + ic] * o.d_out[out_pixel * d.OC + oc];
  });
}

}  // namespace fkd::reference
