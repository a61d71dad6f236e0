/// \file
/// Max-pooling by its definition: each output is the largest value of its window, channel by channel. Padding takes no
/// part, as if it were minus infinity.
///
/// Which one it was is saved as its place in the window, counted row by row, because backward sends the gradient there.
/// Of equal values the first wins; the first NaN wins against everything.
#pragma once

#include <cstdint>
#include <cstring>

#include <fkd/backends/pool_window.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Bytes of a place in a window: 1 for windows of up to 256 places, which are nearly all; else 2, or 4 from 2^16 on.
constexpr Index pool_index_bytes(const MaxPool2DDims& d) {
  const Index places = checked_product(d.KH, d.KW);
  return places < 0 || places > 65536 ? 4 : places > 256 ? 2 : 1;
}

namespace reference {

namespace detail {
/// The i-th place, written or read; memory may lie anywhere.
inline void set_place(std::uint8_t* index, Index bytes, Index i, Index place) {
  const auto wide = static_cast<std::uint32_t>(place);
  const auto half = static_cast<std::uint16_t>(place);
  if (bytes == 1) index[i] = static_cast<std::uint8_t>(place);
  if (bytes == 2) std::memcpy(index + 2 * i, &half, sizeof half);
  if (bytes == 4) std::memcpy(index + 4 * i, &wide, sizeof wide);
}
inline Index place_at(const std::uint8_t* index, Index bytes, Index i) {
  std::uint32_t wide = 0;
  std::uint16_t half = 0;
  if (bytes == 1) return index[i];
  if (bytes == 2) return std::memcpy(&half, index + 2 * i, sizeof half), half;
  return std::memcpy(&wide, index + 4 * i, sizeof wide), wide;
}
}  // namespace detail

/// Assigns `out (OH, OW, C)` and, unless it is null, `index (OH, OW, C)` of pool_index_bytes each.
template <class T>
void max_pool2d_forward(T* out, std::uint8_t* index, const T* in, const MaxPool2DDims& d) {
  const Index bytes = pool_index_bytes(d);
  for (Index oh = 0; oh < d.OH; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow) {
      const PoolWindow w = pool_window(d, oh, ow);
      for (Index c = 0; c < d.C; ++c) {
        T best = in[w.first * d.C + c];
        Index where = w.kh0 * d.KW + w.kw0;
        for (Index kh = w.kh0; kh < w.kh1; ++kh)
          for (Index kw = w.kw0; kw < w.kw1; ++kw) {
            const T x = in[(w.first + (kh - w.kh0) * d.IW + kw - w.kw0) * d.C + c];
            if (!is_nan(best) && (x > best || is_nan(x))) best = x, where = kh * d.KW + kw;
          }
        const Index o = (oh * d.OW + ow) * d.C + c;
        out[o] = best;
        if (index != nullptr) detail::set_place(index, bytes, o, where);
      }
    }
}

/// Assigns `d_in (IH, IW, C)`: each output's gradient, added where its value came from.
template <class T>
void max_pool2d_d_in(T* d_in, const T* d_out, const std::uint8_t* index, const MaxPool2DDims& d) {
  const Index bytes = pool_index_bytes(d);
  for (Index i = 0; i < d.IH * d.IW * d.C; ++i) d_in[i] = 0;
  for (Index oh = 0; oh < d.OH; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow)
      for (Index c = 0; c < d.C; ++c) {
        const Index o = (oh * d.OW + ow) * d.C + c, place = detail::place_at(index, bytes, o);
        const Index ih = oh * d.stride_h - d.pad_top + place / d.KW, iw = ow * d.stride_w - d.pad_left + place % d.KW;
        d_in[(ih * d.IW + iw) * d.C + c] += d_out[o];
      }
}

}  // namespace reference
}  // namespace fkd
