/// \file
/// A convolution, ReLU and max-pooling in one pass. Same as the three after one another, bit for bit, but a few rows of
/// the convolution at a time, which stay in cache: the un-pooled tensor never exists. (The way back is that of the
/// convolution, which reads its gradients through Rows.)
#pragma once

#include <algorithm>
#include <cstdint>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Windows must tile the image, and a position must fit in the byte.
inline bool can_fuse(const MaxPool2DDims& p) { return p.stride_h == p.KH && p.stride_w == p.KW && p.KH * p.KW <= dead; }

/// Rows of windows in a band: the convolution's rows take some 32 KB.
template <class T>
Index pooled_band(const MaxPool2DDims& p) {
  const Index row = p.KH * p.IW * p.C * static_cast<Index>(sizeof(T));
  return (std::max)(Index{1}, (std::min)(p.OH, 32768 / row));
}

template <class T>
Index conv2d_relu_max_pool_forward_scratch_size(const Conv2DDims& d, const MaxPool2DDims& p) {
  const Index band = pooled_band<T>(p) * p.KH * d.OW * d.OC + line<T>;  // and a register of slack
  return whole_lines<T>(band) + conv2d_forward_scratch_size<T>(d);
}

/// `index` is null if nobody will go backward.
template <class T>
[[gnu::noinline]] void conv2d_relu_max_pool_forward(const Loops<T>& loops, T* pooled, std::uint8_t* index, const T* in,
                                                    const T* bias, const T* prepared, const Conv2DDims& d,
                                                    const MaxPool2DDims& p, bool relu, T* scratch) {
  const Index band = pooled_band<T>(p), row = d.OW * d.OC;
  const Index band_size = whole_lines<T>(band * p.KH * row + line<T>);
  std::fill(scratch + band * p.KH * row, scratch + band_size, T{0});
  for (Index ph = 0; ph < p.OH; ph += band) {
    const Index windows = (std::min)(band, p.OH - ph), oh = ph * p.KH;
    conv2d_forward_rows(loops, scratch, in, bias, prepared, d, oh, oh + windows * p.KH, scratch + band_size);
    for (Index i = 0; i < windows; ++i) {
      const Index to = (ph + i) * p.OW * p.C;
      loops.max_pool_row(pooled + to, index != nullptr ? index + to : nullptr, scratch + i * p.KH * row, row, p, relu);
    }
  }
}

}  // namespace fkd::direct
