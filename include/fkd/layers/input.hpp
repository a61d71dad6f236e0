/// \file
/// The first description of a network: the shape of one sample. It computes nothing.
#pragma once

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/layers/error.hpp>

namespace fkd {

/// Images of `(height, width, channels)`, all three of which are required; or rows of a table, `Input{.features = 10}`,
/// which is the flat shape (1, 1, 10). (Keras: `Input((height, width, channels))`, `Input((10,))`.)
struct Input {
  Index height = 0;
  Index width = 0;
  Index channels = 0;
  Index features = 0;  ///< instead of the other three

  /// Throws ShapeError where an extent is not positive, where there are features and extents, and where the product of
  /// the extents leaves 64 bits.
  constexpr Shape shape() const {
    if (features != 0 && (features < 1 || height != 0 || width != 0 || channels != 0))
      throw input_has_features_or_an_image(features, {height, width, channels});
    const Shape s = features != 0 ? Shape{1, 1, features} : Shape{height, width, channels};
    if (s.height < 1 || s.width < 1 || s.channels < 1) throw input_must_be_positive(s);
    if (!fits(s.size())) throw extents_overflow_64_bits("Input", s, s);
    return s;
  }
};

}  // namespace fkd
