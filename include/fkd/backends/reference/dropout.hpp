/// \file
/// Dropout by its definition: each value is kept, times 1 / (1 - rate), or multiplied with zero, by a random word of
/// its own. Backward is the same function of d_out.
#pragma once

#include <cstdint>

#include <fkd/backends/operands.hpp>
#include <fkd/core/random.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `out`, which may be `in`. NaN and infinities stay NaN where they are dropped: they are not hidden.
template <class T>
void dropout(T* out, const T* in, Index count, const DropoutDraw<T>& draw) {
  for (Index i = 0; i < count; ++i) {
    const std::uint64_t block =
        draw.first_block + static_cast<std::uint64_t>(i / 64) * 16 + static_cast<std::uint64_t>(i % 16);
    const auto words = philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                               static_cast<std::uint32_t>(draw.when), static_cast<std::uint32_t>(draw.when >> 32)},
                              draw.key);
    const std::uint32_t word = words[static_cast<std::size_t>(i % 64 / 16)];
    out[i] = in[i] * (word >= draw.threshold ? draw.scale : T{0});
  }
}

/// Assigns `out`, which may be `in`: rows of `size` values, each times its factor.
template <class T>
void multiply_rows(T* out, const T* in, const T* factors, Index size, Index rows) {
  for (Index row = 0; row < rows; ++row)
    for (Index i = 0; i < size; ++i) out[row * size + i] = in[row * size + i] * factors[i];
}

}  // namespace fkd::reference
