/// \file
/// A convolution with padding that reads the image in place. Only the outputs at the edges see zeros: rows of them at
/// the top and at the bottom are computed from a padded copy, and of the others a few columns at the left and at the
/// right are copied, as far as the first and the last outputs of a row see. The copy's rows lie as far apart as the
/// image's, so that one tile takes outputs of both.
///
/// Why: to copy all rows of three convolutions of stride 2 was a twelfth of the time of predicting with them.
#pragma once

#include <algorithm>
#include <cstdint>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Outputs that see nothing but the image: rows [top, bottom), and of each row columns [left, right).
struct Edges {
  Index top = 0, bottom = 0, left = 0, right = 0;
  Index left_width = 0, right_width = 0;  // columns that those before and behind see

  Edges() = default;
  explicit Edges(const Conv2DDims& d) {
    top = (std::min)(d.OH, div_ceil(d.pad_top, d.stride_h));
    bottom = last(d.IH - d.KH + d.pad_top, d.stride_h, top, d.OH);
    left = (std::min)(d.OW, div_ceil(d.pad_left, d.stride_w));
    right = last(d.IW - d.KW + d.pad_left, d.stride_w, left, d.OW);
    left_width = left > 0 ? (left - 1) * d.stride_w + d.KW : 0;
    right_width = right < d.OW ? (d.OW - 1 - right) * d.stride_w + d.KW : 0;
    if (left_width + right_width > d.IW) bottom = top;
  }
  bool empty() const { return bottom <= top; }

  /// The row before which rows end that are computed in the same way as row `oh`.
  Index end(Index oh, Index all) const { return oh < top ? top : oh < bottom ? bottom : all; }

 private:
  static Index last(Index room, Index stride, Index first, Index all) {
    return room < 0 ? first : (std::clamp)(room / stride + 1, first, all);
  }
};

/// Copies what the edges of `rows` rows of the image see, `in` being the first of them: the left ones' columns, then
/// the right ones'.
template <class T>
[[gnu::noinline]] void copy_edges(T* copy, const T* in, Index rows, const Conv2DDims& d, const Edges& edges) {
  const auto copy_columns = [&](T* to, const T* row, Index from, Index count) {
    const Index begin = (std::clamp)(Index{0}, from, from + count), end = (std::clamp)(d.IW, begin, from + count);
    std::fill_n(to, (begin - from) * d.IC, T{0});
    std::copy_n(row + begin * d.IC, (end - begin) * d.IC, to + (begin - from) * d.IC);
    std::fill_n(to + (end - from) * d.IC, (from + count - end) * d.IC, T{0});
  };
  for (Index r = 0; r < rows; ++r, copy += d.IW * d.IC, in += d.IW * d.IC) {
    copy_columns(copy, in, -d.pad_left, edges.left_width);
    copy_columns(copy + edges.left_width * d.IC, in, edges.right * d.stride_w - d.pad_left, edges.right_width);
  }
}

/// Outputs of a row that are read from a copy: how far behind the place in the image they stand there.
struct EdgeShifts {
  Index left = 0, right = 0;  // columns before the one are shifted, and from the other on
  Index of_left = 0, of_right = 0;

  Index operator()(Index column) const { return column < left ? of_left : column >= right ? of_right : 0; }
};

/// `in` is a row of the image, `copy` what copy_edges made of it. (They are two arrays, whose distance is taken of
/// addresses.)
template <class T>
EdgeShifts edge_shifts(const T* copy, const T* in, const Conv2DDims& d, const Edges& edges) {
  const auto distance =
      (reinterpret_cast<std::intptr_t>(copy) - reinterpret_cast<std::intptr_t>(in)) / static_cast<Index>(sizeof(T));
  return {edges.left, edges.right, distance + d.pad_left * d.IC,
          distance + (edges.left_width + d.pad_left - edges.right * d.stride_w) * d.IC};
}

}  // namespace fkd::direct
