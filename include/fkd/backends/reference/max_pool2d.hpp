/// \file
/// Max-pooling by its definition: each output is the largest value of its window, channel by channel.
///
/// Which one it was is kept in a byte, its place in the window counted row by row, because backward sends the gradient
/// there. Of equal values the first wins; the first NaN wins against everything.
#pragma once

#include <cstdint>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `out (OH, OW, C)` and `index (OH, OW, C)`.
template <class T>
void max_pool2d_forward(T* out, std::uint8_t* index, const T* in, const MaxPool2DDims& d) {
  for (Index oh = 0; oh < d.OH; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow)
      for (Index c = 0; c < d.C; ++c) {
        T best = in[(oh * d.stride_h * d.IW + ow * d.stride_w) * d.C + c];
        Index where = 0;
        for (Index kh = 0; kh < d.KH; ++kh)
          for (Index kw = 0; kw < d.KW; ++kw) {
            const T x = in[((oh * d.stride_h + kh) * d.IW + ow * d.stride_w + kw) * d.C + c];
            if (!is_nan(best) && (x > best || is_nan(x))) best = x, where = kh * d.KW + kw;
          }
        out[(oh * d.OW + ow) * d.C + c] = best;
        index[(oh * d.OW + ow) * d.C + c] = static_cast<std::uint8_t>(where);
      }
}

/// Assigns `d_in (IH, IW, C)`: each output's gradient, added where its value came from.
template <class T>
void max_pool2d_d_in(T* d_in, const T* d_out, const std::uint8_t* index, const MaxPool2DDims& d) {
  for (Index i = 0; i < d.IH * d.IW * d.C; ++i) d_in[i] = 0;
  for (Index oh = 0; oh < d.OH; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow)
      for (Index c = 0; c < d.C; ++c) {
        const Index o = (oh * d.OW + ow) * d.C + c;
        const Index ih = oh * d.stride_h + index[o] / d.KW, iw = ow * d.stride_w + index[o] % d.KW;
        d_in[(ih * d.IW + iw) * d.C + c] += d_out[o];
      }
}

}  // namespace fkd::reference
