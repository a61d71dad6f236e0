/// \file
/// im2col: an image as the matrix of what each output sees, made by the ladder's own `im2col`.
#pragma once

#include <vector>

#include "../conv_ladder/forward.hpp"
#include "../drawing/svg.hpp"

namespace pictures {

using drawing::Anchor, drawing::Svg, fkd::Index;

inline Svg im2col() {
  const ladder::Dims d{.N = 1, .H = 3, .W = 3, .IC = 1, .OC = 2};
  std::vector<float> in(static_cast<std::size_t>(d.in_size()));
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i + 1);
  std::vector<float> columns(static_cast<std::size_t>(d.pixels() * d.taps()));
  ladder::im2col(columns.data(), in.data(), d);

  Svg svg{640, 412, "im2col: each row of the matrix is what one output pixel sees"};
  const Index shown[] = {1, 8};  // output pixels whose windows are marked
  const double cell = 26;
  const auto at = [&](Index i) { return cell * static_cast<double>(i); };
  // The image, with the border of zeros that the windows of the edge see.
  const double x0 = 20, y0 = 96;
  svg.text(x0, 40, "image (3, 3)");
  svg.text(x0, 62, "and its border", Anchor::start, "soft");
  for (Index r = 0; r < 5; ++r)
    for (Index c = 0; c < 5; ++c) {
      const bool inside = r > 0 && c > 0 && r < 4 && c < 4;
      svg.rect(x0 + at(c), y0 + at(r), cell, cell, inside ? "cell ls" : "paper ls dash");
      const int value = inside ? static_cast<int>(in[static_cast<std::size_t>((r - 1) * 3 + c - 1)]) : 0;
      svg.text(x0 + at(c) + cell / 2, y0 + at(r) + 19, std::to_string(value), Anchor::middle, inside ? "ink" : "soft");
    }
  const double left = 198, top = 96;
  svg.text(left, 40, "columns (9, 9)");
  svg.text(left, 62, "a row for each output", Anchor::start, "soft");
  for (Index p = 0; p < d.pixels(); ++p)
    for (Index k = 0; k < d.taps(); ++k) {
      const int value = static_cast<int>(columns[static_cast<std::size_t>(p * d.taps() + k)]);
      const bool first = p == shown[0], second = p == shown[1];
      svg.rect(left + at(k), top + at(p), cell, cell, first ? "t0 s0" : second ? "t1 s1" : "cell ls");
      svg.text(left + at(k) + cell / 2, top + at(p) + 19, std::to_string(value), Anchor::middle,
               value == 0 ? "soft" : "ink");
    }
  for (int i = 0; i < 2; ++i) {
    const double r = at(shown[i] / 3), c = at(shown[i] % 3);
    svg.rect(x0 + c + 1, y0 + r + 1, 3 * cell - 2, 3 * cell - 2, "none thick s" + std::to_string(i), 3);
  }
  // times the weights gives the outputs.
  const auto matrix = [&](double x, const std::string& sign, const std::string& name, const std::string& extents) {
    svg.text(x - 17, top + at(9) / 2 + 6, sign, Anchor::middle, "ink", 22);
    svg.text(x, 40, name), svg.text(x, 62, extents, Anchor::start, "soft");
    for (Index r = 0; r < 9; ++r)
      for (Index c = 0; c < d.OC; ++c) {
        const bool out = sign == "=";
        const bool first = out && r == shown[0], second = out && r == shown[1];
        svg.rect(x + at(c), top + at(r), cell, cell, first ? "t0 s0" : second ? "t1 s1" : "cell ls");
      }
  };
  matrix(466, "x", "weight", "(9, 2)");
  matrix(554, "=", "out", "(9, 2)");
  svg.text(x0, 366, "Row 1 is the window of output (0, 1), row 8 that of (2, 2).");
  svg.text(x0, 390, "A pixel stands in the matrix up to nine times.");
  return svg;
}

}  // namespace pictures
