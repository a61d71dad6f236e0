/// \file
/// Every backend that is held equal to the reference, and the memory that its functions work with.
#pragma once

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/direct.hpp>
#include <fkd/backends/im2col.hpp>
#include <fkd/backends/reference.hpp>
#include <fkd/core/shape.hpp>

#include <support/memory.hpp>

namespace support {

/// A new backend is added to this list and nowhere else.
template <class T>
std::vector<const fkd::Backend<T>*> backends() {
  std::vector<const fkd::Backend<T>*> all{&fkd::reference::backend<T>, &fkd::im2col::backend<T>};
#if FKD_HAS_DIRECT
  for (const fkd::Isa set : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512})
    if (fkd::machine_has(set)) {
      all.insert(all.end(), {&fkd::direct::backend<T>(set), &fkd::direct::sparse_backend<T>(set)});
      if constexpr (std::is_same_v<T, float>)
        all.insert(all.end(), {&fkd::winograd::forced_backend(2, set), &fkd::winograd::forced_backend(4, set)});
    }
#endif
  return all;
}

/// m of a backend that computes these by Winograd's method, with tiles of m x m outputs; 0 of every other.
inline fkd::Index winograd_tile(std::string_view backend, const fkd::Conv2DDims& d) {
  const bool can = d.KH == 3 && d.KW == 3 && d.stride_h == 1 && d.stride_w == 1 && d.is_plain();
  return can && backend == "winograd 4x4" ? 4 : can && backend == "winograd 2x2" ? 2 : 0;
}

/// Whether a backend computes these as another one of the list does: Winograd's, what it is not for.
inline bool is_another(std::string_view backend, const fkd::Conv2DDims& d) {
  return backend.starts_with("winograd") && winograd_tile(backend, d) == 0;
}

/// The bound of a backend's error, in units of eps * Σ|terms|: what compare.hpp takes; 1e-5 * Σ|terms| by Winograd's
/// method (winograd.hpp).
inline double error_bound(fkd::Index tile) { return tile > 0 ? 84 : 8; }

/// Σ|terms| of (H, W, C) outputs: by Winograd's method that of the largest output of the same tile.
template <class Values>
void largest_of_tile(Values& magnitudes, fkd::Index tile, fkd::Index H, fkd::Index W, fkd::Index C) {
  using fkd::Index;
  const auto pixels = [&](Index h0, Index w0, auto f) {
    for (Index h = h0; h < (std::min)(h0 + tile, H); ++h)
      for (Index w = w0; w < (std::min)(w0 + tile, W); ++w) f((h * W + w) * C);
  };
  for (Index h0 = 0; tile > 0 && h0 < H; h0 += tile)
    for (Index w0 = 0; w0 < W; w0 += tile)
      for (Index c = 0; c < C; ++c) {
        double largest = 0;
        pixels(h0, w0, [&](Index at) { largest = (std::max)(largest, magnitudes[at + c]); });
        pixels(h0, w0, [&](Index at) { magnitudes[at + c] = largest; });
      }
}

/// Σ|terms| of (3, 3, channels) gradients of weights: by Winograd's method that of the largest of the nine.
template <class Values>
void largest_of_kernel(Values& magnitudes, fkd::Index tile, fkd::Index channels) {
  for (fkd::Index c = 0; tile > 0 && c < channels; ++c) {
    double largest = 0;
    for (fkd::Index k = 0; k < 9; ++k) largest = (std::max)(largest, magnitudes[k * channels + c]);
    for (fkd::Index k = 0; k < 9; ++k) magnitudes[k * channels + c] = largest;
  }
}

/// Scratch memory as a layer gets it: at a multiple of 64 bytes, full of NaN.
template <class T>
Guarded<T> scratch(fkd::Index size) {
  return Guarded<T>{size, 0};
}

template <class T>
Guarded<T> packed(const fkd::Backend<T>& backend, const Guarded<T>& weight, const fkd::Conv2DDims& d,
                  bool training = true) {
  Guarded<T> memory = scratch<T>(backend.conv2d_packed_size(d, training));
  backend.conv2d_pack(memory.data(), weight.data(), d, training);
  return memory;
}

}  // namespace support
