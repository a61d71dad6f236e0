/// \file
/// Convolution by its definition: plain loops over one sample. Every faster way in `backends/` is held equal to this.
///
/// What deep learning calls a convolution is a cross-correlation: the kernel is not flipped (Goodfellow, Bengio,
/// Courville, "Deep Learning" 2016, equation 9.6).
///
///     out(oh, ow, oc) = bias(oc) + Σ_{kh, kw, ic} in(oh·SH + kh - PT, ow·SW + kw - PL, ic) · weight(kh, kw, ic, oc)
///
/// where `in` is zero outside of the image. The other two functions are its derivatives: each product above gives one
/// term to d_in and one to d_weight.
#pragma once

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

/// Assigns `out (OH, OW, OC)`.
template <class T>
void conv2d_forward(T* out, const T* in, const T* weight, const T* bias, const T* /*prepared*/, const Conv2DDims& d,
                    T* /*scratch*/) {
  for (Index pixel = 0; pixel < d.OH * d.OW; ++pixel)
    for (Index oc = 0; oc < d.OC; ++oc) out[pixel * d.OC + oc] = bias[oc];
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for (Index ic = 0; ic < d.IC; ++ic)
      for (Index oc = 0; oc < d.OC; ++oc)
        out[out_pixel * d.OC + oc] += in[in_pixel * d.IC + ic] * weight[(tap * d.IC + ic) * d.OC + oc];
  });
}

/// Assigns `d_in (IH, IW, IC)`.
template <class T>
void conv2d_d_in(T* d_in, const T* d_out, const T* weight, const T* /*prepared*/, const Conv2DDims& d, T* /*scratch*/) {
  for (Index i = 0; i < d.IH * d.IW * d.IC; ++i) d_in[i] = 0;
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for (Index ic = 0; ic < d.IC; ++ic)
      for (Index oc = 0; oc < d.OC; ++oc)
        d_in[in_pixel * d.IC + ic] += d_out[out_pixel * d.OC + oc] * weight[(tap * d.IC + ic) * d.OC + oc];
  });
}

/// Adds to `d_weight (KH, KW, IC, OC)` and to `d_bias (OC)`.
template <class T>
void conv2d_d_weight(T* d_weight, T* d_bias, const T* in, const T* d_out, const Conv2DDims& d, T* /*scratch*/) {
  for (Index pixel = 0; pixel < d.OH * d.OW; ++pixel)
    for (Index oc = 0; oc < d.OC; ++oc) d_bias[oc] += d_out[pixel * d.OC + oc];
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for (Index ic = 0; ic < d.IC; ++ic)
      for (Index oc = 0; oc < d.OC; ++oc)
        d_weight[(tap * d.IC + ic) * d.OC + oc] += in[in_pixel * d.IC + ic] * d_out[out_pixel * d.OC + oc];
  });
}

}  // namespace fkd::reference
