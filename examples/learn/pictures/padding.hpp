/// \file
/// Windows and padding: where a kernel stands, with the library's own rule (fkd/core/padding.hpp).
#pragma once

#include <fkd/core/padding.hpp>

#include "../drawing/svg.hpp"

namespace pictures {

using drawing::Anchor, drawing::Svg, fkd::Index;

/// One image under a kernel of `kernel` rows and columns, and its output below.
inline void padding_panel(Svg& svg, double left, const std::string& name, Index in, Index kernel, Index stride,
                          fkd::Padding padding) {
  const fkd::Sliding s = fkd::slide(in, kernel, stride, padding.rows());
  const Index covered = (s.out - 1) * stride + kernel;  // rows and columns that windows reach
  const double cell = 27, middle = left + 100, top = 52;
  const auto at = [&](Index i) { return cell * static_cast<double>(i); };
  const double x0 = middle - at(in) / 2, y0 = top + cell;  // of the image itself; room for one row of padding
  svg.text(middle, 26, name, Anchor::middle);
  for (Index r = -s.before; r < covered - s.before; ++r)
    for (Index c = -s.before; c < covered - s.before; ++c) {
      const bool inside = r >= 0 && c >= 0 && r < in && c < in;
      svg.rect(x0 + at(c), y0 + at(r), cell, cell, inside ? "cell ls" : "paper ls dash");
      if (!inside) svg.text(x0 + at(c) + cell / 2, y0 + at(r) + 19, "0", Anchor::middle, "soft", 15);
    }
  // The first window, and the last.
  const double below = top + at(in + 2) + 34, out_x = middle - at(s.out) / 2;
  for (Index r = 0; r < s.out; ++r)
    for (Index c = 0; c < s.out; ++c) svg.rect(out_x + at(c), below + at(r), cell, cell, "cell ls");
  const Index last = s.out - 1;
  for (const Index i : {Index{0}, last}) {
    const double from = at(i * stride - s.before), side = at(kernel);
    const std::string n = i == 0 ? "0" : "1";
    svg.rect(x0 + from + 1, y0 + from + 1, side - 2, side - 2, "none thick s" + n, 3);
    svg.rect(out_x + at(i) + 1, below + at(i) + 1, cell - 2, cell - 2, "t" + n + " thick s" + n, 3);
  }
  svg.arrow(middle, below - 28, middle, below - 6);
  svg.text(
      middle, below + at(5) + 26,
      std::to_string(in) + " x " + std::to_string(in) + " to " + std::to_string(s.out) + " x " + std::to_string(s.out),
      Anchor::middle);
}

inline Svg padding() {
  Svg svg{640, 470, "A 3 x 3 window on a 5 x 5 image: without padding, with it, and with a stride of 2"};
  padding_panel(svg, 8, "valid", 5, 3, 1, fkd::Padding::valid);
  padding_panel(svg, 220, "same", 5, 3, 1, fkd::Padding::same);
  padding_panel(svg, 432, "same, stride 2", 5, 3, 2, fkd::Padding::same);
  return svg;
}

}  // namespace pictures
