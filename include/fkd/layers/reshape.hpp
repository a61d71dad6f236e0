/// \file
/// The same memory under another shape: `(H, W, C) => (height, width, channels)`, of as many values.
///
/// One extent may be -1: what the other two leave. Values keep their order, channels innermost.
///
/// Keras: `Reshape((height, width, channels))`, the same order. PyTorch: `Unflatten`, `view`, whose images have
/// channels first: a decoder's Dense before it has its units in another order.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct Reshape {
  Index height = 0;    ///< required, -1: what the others leave
  Index width = 0;     ///< required, -1: what the others leave
  Index channels = 0;  ///< required, -1: what the others leave

  static constexpr std::string_view name = "reshape";
  static constexpr bool is_view() { return true; }

  /// Throws ShapeError: an input below 1 or over 64 bits, extents below 1 but for one that is -1, another size.
  constexpr Shape output_shape(Shape in) const {
    check_input("Reshape", in);
    const Shape asked{height, width, channels};
    Shape out = asked;
    Index known = 1;
    Index* left = nullptr;
    for (Index* extent : {&out.height, &out.width, &out.channels}) {
      if (*extent == -1 && left == nullptr) {
        left = extent;
      } else if (*extent < 1) {
        throw reshape_extents_must_be_positive(asked);
      } else {
        known = checked_product(known, *extent);
      }
    }
    if (left != nullptr) *left = known > 0 ? in.size() / known : 1;
    if (out.size() != in.size()) throw reshape_sizes_differ(asked, in);
    return out;
  }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"height", height}, {"width", width}, {"channels", channels}};
  }

  /// Copies where it could not be a view: at the very beginning and the very end of a network.
  template <class T>
  void forward(const Forward<T>& f) const {
    if (f.out != f.in) std::copy_n(f.in, f.in_shape.size(), f.out);
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in && b.d_in != b.d_out) std::copy_n(b.d_out, b.in_shape.size(), b.d_in);
  }
};

}  // namespace fkd
