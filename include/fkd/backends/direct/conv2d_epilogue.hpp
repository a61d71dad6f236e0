/// \file
/// A convolution and its epilogue: a sum, an activation, max-pooling. Same as these after one another, bit for bit,
/// but some rows of the convolution's output at a time, which are still in cache when the epilogue reads them:
///
///  - with a pool the un-pooled tensor never exists. ReLU is then a part of max_pool_row (max_pool.inc); another
///    activation passes over the rows first
///  - backward is the convolution's, which reads pooled gradients through Rows
#pragma once

#include <algorithm>
#include <cstdint>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Windows must tile the image, without padding, and a position must fit in the byte.
inline bool can_fuse(const MaxPool2DDims& p) {
  return p.stride_h == p.KH && p.stride_w == p.KW && p.pad_top == 0 && p.pad_left == 0 && p.OH * p.KH <= p.IH &&
         p.OW * p.KW <= p.IW && p.KH * p.KW <= dead;
}

/// Rows of windows in a band: the convolution's rows take some 32 KB.
template <class T>
Index pooled_band(const MaxPool2DDims& p) {
  const Index row = p.KH * p.IW * p.C * static_cast<Index>(sizeof(T));
  return (std::max)(Index{1}, (std::min)(p.OH, 32768 / row));
}

template <class T>
Index conv2d_pool_scratch_size(const Conv2DDims& d, const MaxPool2DDims& p) {
  const Index band = pooled_band<T>(p) * p.KH * d.OW * d.OC + line<T>;  // and a register of slack
  return whole_lines<T>(band) + conv2d_forward_scratch_size<T>(d);
}

template <class T>
[[gnu::noinline]] void conv2d_pool_forward(const Loops<T>& loops, const Conv2DEpilogueForward<T>& o,
                                           const Conv2DDims& d, const Epilogue<T>& epilogue,
                                           const KernelMemory<T>& memory) {
  const MaxPool2DDims& p = *epilogue.pool;
  const bool relu = epilogue.activation && epilogue.activation->is_relu;
  const Index band = pooled_band<T>(p), row = d.OW * d.OC;
  const Index band_size = whole_lines<T>(band * p.KH * row + line<T>);
  T* unpooled = memory.scratch;
  std::fill(unpooled + band * p.KH * row, unpooled + band_size, T{0});
  const Index last = o.end(p.OH);
  for (Index ph = o.row_begin; ph < last; ph += band) {
    const Index windows = (std::min)(band, last - ph), oh = ph * p.KH;
    conv2d_forward_rows<T>(loops, {.out = unpooled, .in = o.in, .weight = o.weight, .bias = o.bias}, d, oh,
                           oh + windows * p.KH, {.packed = memory.packed, .scratch = memory.scratch + band_size});
    if (epilogue.activation && !relu) epilogue.activation->run(unpooled, unpooled, windows * p.KH * row);
    for (Index i = 0; i < windows; ++i) {
      const Index to = (ph + i) * p.OW * p.C;
      loops.max_pool_row(o.out + to, o.index != nullptr ? o.index + to : nullptr, unpooled + i * p.KH * row, row, p,
                         relu);
    }
  }
}

/// Output rows that an activation passes over at a time: some 64 KB (16 to 128 KB are as fast). Where rows are padded,
/// so many more that few of them are copied twice.
template <class T>
Index activation_band(const Conv2DDims& d) {
  const Index rows = 65536 / (d.OW * d.OC * static_cast<Index>(sizeof(T)));
  return (std::clamp)(rows, needs_padding(d) ? (std::min)(4 * d.KH, d.OH) : Index{1}, d.OH);
}

/// `forward_rows(product, begin, end)` assigns rows of the convolution, the first of them at `product`.
template <class T, class ForwardRows>
void conv2d_activation_forward(const Loops<T>& loops, const Conv2DEpilogueForward<T>& o, const Conv2DDims& d,
                               const Epilogue<T>& epilogue, ForwardRows forward_rows) {
  const Index row = d.OW * d.OC, last = o.end(d.OH);
  const bool follows = epilogue.activation || o.shortcut != nullptr;
  const Index band = follows ? activation_band<T>(d) : (std::max)(last - o.row_begin, Index{1});
  T* product = o.pre_activation != nullptr ? o.pre_activation : o.out;
  for (Index oh = o.row_begin; oh < last; oh += band) {
    const Index rows = (std::min)(band, last - oh);
    T* from = product + oh * row;
    forward_rows(from, oh, oh + rows);
    if (o.shortcut != nullptr) loops.add({from, 0}, {o.shortcut + oh * row, 0}, 1, rows * row);
    if (epilogue.activation) epilogue.activation->run(o.out + oh * row, from, rows * row);
  }
}

}  // namespace fkd::direct
