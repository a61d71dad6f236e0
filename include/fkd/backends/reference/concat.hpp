/// \file
/// Channels of several images beside each other, by its definition: for each pixel, those of the first image, then
/// those of the second, and so on. Backward is the same copy from the whole to its parts.
#pragma once

#include <algorithm>

#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Extents of one image among those that are put beside each other.
struct ConcatDims {
  Index pixels;    ///< H * W, the same for all
  Index channels;  ///< C of this one
  Index from;      ///< channels of those before it
  Index all;       ///< channels of all
};

/// Assigns the part of `out (H, W, all)` that belongs to `in (H, W, C)`.
template <class T>
void concat_forward(T* out, const T* in, const ConcatDims& d) {
  for (Index p = 0; p < d.pixels; ++p) std::copy_n(in + p * d.channels, d.channels, out + p * d.all + d.from);
}

/// Assigns `d_in (H, W, C)` from its part of `d_out (H, W, all)`.
template <class T>
void concat_d_in(T* d_in, const T* d_out, const ConcatDims& d) {
  for (Index p = 0; p < d.pixels; ++p) std::copy_n(d_out + p * d.all + d.from, d.channels, d_in + p * d.channels);
}

}  // namespace fkd::reference
