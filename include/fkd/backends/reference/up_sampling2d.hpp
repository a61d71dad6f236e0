/// \file
/// Up-sampling by its definition: nearest repeats every pixel, bilinear interpolates between the centres of pixels.
///
/// Bilinear: output o lies at (o + 1/2) / S - 1/2 of the input, S the factor; between the two pixels around it the
/// weights fall linearly, beyond the first and the last one these are repeated. A pixel of weight zero takes no part.
#pragma once

#include <algorithm>

#include <fkd/core/shape.hpp>

namespace fkd {

/// Extents of one sample's up-sampling: `out (IH * SH, IW * SW, C)` from `in (IH, IW, C)`.
struct UpSampling2DDims {
  Index IH, IW, C;
  Index SH, SW;
};

namespace reference {

/// Assigns `out`.
template <class T>
void up_sampling2d_nearest_forward(T* out, const T* in, const UpSampling2DDims& d) {
  const Index row = d.IW * d.SW * d.C;
  for (Index ih = 0; ih < d.IH; ++ih) {
    T* first = out;
    for (Index iw = 0; iw < d.IW; ++iw, in += d.C)
      for (Index s = 0; s < d.SW; ++s) out = std::copy_n(in, d.C, out);
    for (Index s = 1; s < d.SH; ++s) out = std::copy_n(first, row, out);
  }
}

/// Assigns `d_in`: the gradients of a pixel's copies, added up row by row.
template <class T>
void up_sampling2d_nearest_d_in(T* d_in, const T* d_out, const UpSampling2DDims& d) {
  const Index OW = d.IW * d.SW;
  for (Index ih = 0; ih < d.IH; ++ih)
    for (Index iw = 0; iw < d.IW; ++iw, d_in += d.C) {
      const T* from = d_out + (ih * d.SH * OW + iw * d.SW) * d.C;
      for (Index c = 0; c < d.C; ++c) d_in[c] = 0;
      for (Index sh = 0; sh < d.SH; ++sh)
        for (Index sw = 0; sw < d.SW; ++sw)
          for (Index c = 0; c < d.C; ++c) d_in[c] += from[(sh * OW + sw) * d.C + c];
    }
}

namespace detail {
/// The two pixels around an output's place, and the weight of the second; the same pixel twice where it is one.
template <class T>
struct Between {
  Index first, second;
  T weight;
};
template <class T>
Between<T> between(Index o, Index S, Index size) {
  const Index at = 2 * o + 1 - S;  // the place, in parts of 2 S
  if (at <= 0) return {0, 0, T{0}};
  const Index first = at / (2 * S), rest = at % (2 * S);
  if (rest == 0 || first + 1 >= size) return {first, first, T{0}};
  return {first, first + 1, static_cast<T>(rest) / static_cast<T>(2 * S)};
}
}  // namespace detail

/// Assigns `out`.
template <class T>
void up_sampling2d_bilinear_forward(T* out, const T* in, const UpSampling2DDims& d) {
  for (Index oh = 0; oh < d.IH * d.SH; ++oh) {
    const detail::Between<T> h = detail::between<T>(oh, d.SH, d.IH);
    for (Index ow = 0; ow < d.IW * d.SW; ++ow, out += d.C) {
      const detail::Between<T> w = detail::between<T>(ow, d.SW, d.IW);
      const T *a = in + (h.first * d.IW + w.first) * d.C, *b = in + (h.first * d.IW + w.second) * d.C;
      const T *e = in + (h.second * d.IW + w.first) * d.C, *f = in + (h.second * d.IW + w.second) * d.C;
      const bool across = w.second != w.first, down = h.second != h.first;
      for (Index c = 0; c < d.C; ++c) {
        const T upper = across ? (1 - w.weight) * a[c] + w.weight * b[c] : a[c];
        const T lower = across ? (1 - w.weight) * e[c] + w.weight * f[c] : e[c];
        out[c] = down ? (1 - h.weight) * upper + h.weight * lower : upper;
      }
    }
  }
}

/// Assigns `d_in`: each output's gradient is added to its four pixels with their weights.
template <class T>
void up_sampling2d_bilinear_d_in(T* d_in, const T* d_out, const UpSampling2DDims& d) {
  std::fill_n(d_in, d.IH * d.IW * d.C, T{0});
  for (Index oh = 0; oh < d.IH * d.SH; ++oh) {
    const detail::Between<T> h = detail::between<T>(oh, d.SH, d.IH);
    for (Index ow = 0; ow < d.IW * d.SW; ++ow, d_out += d.C) {
      const detail::Between<T> w = detail::between<T>(ow, d.SW, d.IW);
      const auto add = [&](Index ih, Index iw, T weight) {
        T* to = d_in + (ih * d.IW + iw) * d.C;
        for (Index c = 0; c < d.C; ++c) to[c] += weight * d_out[c];
      };
      add(h.first, w.first, (1 - h.weight) * (1 - w.weight));
      if (w.second != w.first) add(h.first, w.second, (1 - h.weight) * w.weight);
      if (h.second != h.first) add(h.second, w.first, h.weight * (1 - w.weight));
      if (w.second != w.first && h.second != h.first) add(h.second, w.second, h.weight * w.weight);
    }
  }
}

}  // namespace reference
}  // namespace fkd
