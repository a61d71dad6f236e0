/// \file
/// Zeros around an image, by its definition; backward takes what lies inside of them.
#pragma once

#include <algorithm>

#include <fkd/core/padding.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `out (top + H + bottom, left + W + right, C)` from `in (H, W, C)`.
template <class T>
void zero_padding2d_forward(T* out, const T* in, Shape s, const Padding& p) {
  const Index OW = p.left + s.width + p.right, row = s.width * s.channels;
  out = std::fill_n(out, (p.top * OW + p.left) * s.channels, T{0});
  for (Index h = 0; h < s.height; ++h) {
    out = std::copy_n(in + h * row, row, out);
    const bool last = h + 1 == s.height;
    out = std::fill_n(out, (p.right + (last ? p.bottom * OW : p.left)) * s.channels, T{0});
  }
}

/// Assigns `d_in (H, W, C)`.
template <class T>
void zero_padding2d_d_in(T* d_in, const T* d_out, Shape s, const Padding& p) {
  const Index OW = p.left + s.width + p.right, row = s.width * s.channels;
  for (Index h = 0; h < s.height; ++h)
    std::copy_n(d_out + ((p.top + h) * OW + p.left) * s.channels, row, d_in + h * row);
}

}  // namespace fkd::reference
