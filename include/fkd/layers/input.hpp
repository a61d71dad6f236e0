/// \file
/// The first description of a network: the shape of one sample. It computes nothing.
#pragma once

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Samples of `(height, width, channels)`; all three are required. A flat input of n values has height = width = 1.
struct Input {
  Index height = 0;
  Index width = 0;
  Index channels = 0;

  /// Throws ShapeError where an extent is not positive or their product leaves 64 bits.
  constexpr Shape shape() const {
    const Shape s{height, width, channels};
    if (height < 1 || width < 1 || channels < 1) throw input_must_be_positive(s);
    if (!fits(s.size())) throw extents_overflow_64_bits("Input", s, s);
    return s;
  }
};

}  // namespace fkd
