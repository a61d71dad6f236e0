/// \file
/// `(x - mean) / standard_deviation`, channel by channel, by its definition.
#pragma once

#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `out (H, W, C)`; mean and deviation have C values each.
template <class T>
void rescale_forward(T* out, const T* in, const T* mean, const T* deviation, Shape s) {
  for (Index p = 0; p < s.height * s.width; ++p, in += s.channels, out += s.channels)
    for (Index c = 0; c < s.channels; ++c) out[c] = (in[c] - mean[c]) / deviation[c];
}

/// Assigns `d_in (H, W, C)`.
template <class T>
void rescale_d_in(T* d_in, const T* d_out, const T* deviation, Shape s) {
  for (Index p = 0; p < s.height * s.width; ++p, d_out += s.channels, d_in += s.channels)
    for (Index c = 0; c < s.channels; ++c) d_in[c] = d_out[c] / deviation[c];
}

}  // namespace fkd::reference
