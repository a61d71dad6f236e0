/// \file
/// Transposed convolution by its definition: plain loops over one sample. Each input value is multiplied with the whole
/// kernel, and the products are added to the output, a stride apart (Dumoulin & Visin 2016, chapter 4):
///
///     out(ih·SH + kh·DH - PT, iw·SW + kw·DW - PL, g·OCG + oc) += in(ih, iw, ic) · weight(kh, kw, oc, ic)
///
/// upon a start of bias(g·OCG + oc); what falls outside of the output is left out. oc < OCG, the output channels of a
/// group; g is the group of ic. It is a convolution's gradient with respect to its input. The other two functions are
/// its derivatives: each product above gives one term to d_in and one to d_weight.
#pragma once

#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Calls `f(input index, output index, weight index)` for each product. `d` is the convolution whose gradient it is.
template <class F>
void for_each_product(const Conv2DDims& d, F f) {
  const Index OCG = d.group_IC(), ICG = d.group_OC(), IC = d.OC, OC = d.IC;
  for (Index ih = 0; ih < d.OH; ++ih)
    for (Index iw = 0; iw < d.OW; ++iw)
      for (Index kh = 0; kh < d.KH; ++kh)
        for (Index kw = 0; kw < d.KW; ++kw) {
          const Index oh = ih * d.stride_h + kh * d.dilation_h - d.pad_top;
          const Index ow = iw * d.stride_w + kw * d.dilation_w - d.pad_left;
          if (oh < 0 || oh >= d.IH || ow < 0 || ow >= d.IW) continue;
          for (Index oc = 0; oc < OCG; ++oc)
            for (Index ic = 0; ic < IC; ++ic)
              f((ih * d.OW + iw) * IC + ic, (oh * d.IW + ow) * OC + ic / ICG * OCG + oc,
                ((kh * d.KW + kw) * OCG + oc) * IC + ic);
        }
}

template <class T>
void conv2d_transpose_forward(const Conv2DTransposeForward<T>& o, const Conv2DDims& d) {
  for (Index i = 0; i < d.IH * d.IW * d.IC; ++i) o.out[i] = o.bias != nullptr ? o.bias[i % d.IC] : T{0};
  for_each_product(d, [&](Index in, Index out, Index weight) { o.out[out] += o.in[in] * o.weight[weight]; });
}

template <class T>
void conv2d_transpose_d_in(const Conv2DTransposeInputGradient<T>& o, const Conv2DDims& d) {
  for (Index i = 0; i < d.OH * d.OW * d.OC; ++i) o.d_in[i] = 0;
  for_each_product(d, [&](Index in, Index out, Index weight) { o.d_in[in] += o.d_out[out] * o.weight[weight]; });
}

template <class T>
void conv2d_transpose_d_weight(const Conv2DTransposeWeightGradient<T>& o, const Conv2DDims& d) {
  for (Index i = 0; o.d_bias != nullptr && i < d.IH * d.IW * d.IC; ++i) o.d_bias[i % d.IC] += o.d_out[i];
  for_each_product(d, [&](Index in, Index out, Index weight) { o.d_weight[weight] += o.in[in] * o.d_out[out]; });
}

}  // namespace fkd::reference
