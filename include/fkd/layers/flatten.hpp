/// \file
/// `(H, W, C) => (1, 1, H*W*C)`: the same memory under another shape, channels still innermost.
#pragma once

#include <algorithm>
#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct Flatten {
  static constexpr std::string_view name = "flatten";
  static constexpr bool is_view() { return true; }

  /// Throws ShapeError: an input below 1 or over 64 bits.
  static constexpr Shape output_shape(Shape in) {
    check_input("Flatten", in);
    return {1, 1, in.size()};
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
