/// \file
/// Convolution by its definition: plain loops over one sample. Every other backend is held equal to this.
///
/// What deep learning calls a convolution is a cross-correlation: the kernel is not flipped (Goodfellow, Bengio,
/// Courville, "Deep Learning" 2016, equation 9.6).
///
///     out(oh, ow, oc) = bias(oc) + Σ_{kh, kw, ic} in(oh·SH + kh·DH - PT, ow·SW + kw·DW - PL, g·ICG + ic) ·
///                                                 weight(kh, kw, ic, oc)
///
/// where `in` is zero outside of the image and ic < ICG, the input channels of a group; g is the group of oc. With one
/// group and a dilation of 1 that is the ordinary convolution. The other two functions are its derivatives: each
/// product above gives one term to d_in and one to d_weight.
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
          const Index ih = oh * d.stride_h + kh * d.dilation_h - d.pad_top;
          const Index iw = ow * d.stride_w + kw * d.dilation_w - d.pad_left;
          if (ih < 0 || ih >= d.IH || iw < 0 || iw >= d.IW) continue;  // outside stands zero
          f(oh * d.OW + ow, ih * d.IW + iw, kh * d.KW + kw);
        }
}

/// Calls `f(input channel, that channel's number in its group, output channel)` for each pair of one group.
template <class F>
void for_each_channel_pair(const Conv2DDims& d, F f) {
  const Index ICG = d.group_IC(), OCG = d.group_OC();
  for (Index g = 0; g < d.groups; ++g)
    for (Index ic = 0; ic < ICG; ++ic)
      for (Index oc = g * OCG; oc < (g + 1) * OCG; ++oc) f(g * ICG + ic, ic, oc);
}

template <class T>
void conv2d_forward(const Conv2DForward<T>& o, const Conv2DDims& d) {
  for (Index pixel = 0; pixel < d.OH * d.OW; ++pixel)
    for (Index oc = 0; oc < d.OC; ++oc) o.out[pixel * d.OC + oc] = o.bias != nullptr ? o.bias[oc] : T{0};
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for_each_channel_pair(d, [&](Index c, Index ic, Index oc) {
      o.out[out_pixel * d.OC + oc] += o.in[in_pixel * d.IC + c] * o.weight[(tap * d.group_IC() + ic) * d.OC + oc];
    });
  });
}

template <class T>
void conv2d_d_in(const Conv2DInputGradient<T>& o, const Conv2DDims& d) {
  for (Index i = 0; i < d.IH * d.IW * d.IC; ++i) o.d_in[i] = 0;
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for_each_channel_pair(d, [&](Index c, Index ic, Index oc) {
      o.d_in[in_pixel * d.IC + c] += o.d_out[out_pixel * d.OC + oc] * o.weight[(tap * d.group_IC() + ic) * d.OC + oc];
    });
  });
}

template <class T>
void conv2d_d_weight(const Conv2DWeightGradient<T>& o, const Conv2DDims& d) {
  for (Index pixel = 0; o.d_bias != nullptr && pixel < d.OH * d.OW; ++pixel)
    for (Index oc = 0; oc < d.OC; ++oc) o.d_bias[oc] += o.d_out[pixel * d.OC + oc];
  for_each_tap(d, [&](Index out_pixel, Index in_pixel, Index tap) {
    for_each_channel_pair(d, [&](Index c, Index ic, Index oc) {
      o.d_weight[(tap * d.group_IC() + ic) * d.OC + oc] += o.in[in_pixel * d.IC + c] * o.d_out[out_pixel * d.OC + oc];
    });
  });
}

}  // namespace fkd::reference
