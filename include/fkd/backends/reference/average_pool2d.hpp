/// \file
/// Average-pooling by its definition: each output is the mean of its window, channel by channel.
///
/// A window's rows are summed first, then their sums: the rounding error of a whole image's mean grows with its height
/// and width, not with their product.
#pragma once

#include <fkd/backends/pool_window.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

namespace detail {
/// What a window's sum is divided by: its places in the image or, where the padding counts as zeros, all.
template <class T>
T pool_divisor(const MaxPool2DDims& d, const PoolWindow& w, bool count_include_pad) {
  return static_cast<T>(count_include_pad ? d.KH * d.KW : w.places());
}
}  // namespace detail

/// Assigns `out (OH, OW, C)`.
template <class T>
void average_pool2d_forward(T* out, const T* in, const MaxPool2DDims& d, bool count_include_pad) {
  for (Index oh = 0; oh < d.OH; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow) {
      const PoolWindow w = pool_window(d, oh, ow);
      for (Index c = 0; c < d.C; ++c) {
        T sum = 0;
        for (Index kh = w.kh0; kh < w.kh1; ++kh) {
          T row = 0;
          for (Index kw = w.kw0; kw < w.kw1; ++kw) row += in[(w.first + (kh - w.kh0) * d.IW + kw - w.kw0) * d.C + c];
          sum += row;
        }
        out[(oh * d.OW + ow) * d.C + c] = sum / detail::pool_divisor<T>(d, w, count_include_pad);
      }
    }
}

/// Assigns `d_in (IH, IW, C)`: each output's gradient, divided, is added to all that it is the mean of.
template <class T>
void average_pool2d_d_in(T* d_in, const T* d_out, const MaxPool2DDims& d, bool count_include_pad) {
  for (Index i = 0; i < d.IH * d.IW * d.C; ++i) d_in[i] = 0;
  for (Index oh = 0; oh < d.OH; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow) {
      const PoolWindow w = pool_window(d, oh, ow);
      for (Index c = 0; c < d.C; ++c) {
        const T g = d_out[(oh * d.OW + ow) * d.C + c] / detail::pool_divisor<T>(d, w, count_include_pad);
        for (Index kh = w.kh0; kh < w.kh1; ++kh)
          for (Index kw = w.kw0; kw < w.kw1; ++kw) d_in[(w.first + (kh - w.kh0) * d.IW + kw - w.kw0) * d.C + c] += g;
      }
    }
}

}  // namespace fkd::reference
