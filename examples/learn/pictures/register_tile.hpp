/// \file
/// The register tile: which sums are in registers, and what one turn of the inner loop loads. Its extents are those of
/// the ladder's AVX-512 tile.
#pragma once

#include "../conv_ladder/simd.hpp"
#include "../drawing/svg.hpp"

namespace pictures {

using drawing::Anchor, drawing::Svg, fkd::Index;

inline Svg register_tile() {
  constexpr int pixels = ladder::longest_tile, registers = 4, lanes = 16;  // 512 bits of floats
#if FKD_HAS_X86_TARGETS
  static_assert(pixels * registers + registers + 1 <= 32, "AVX-512 has 32 registers");
#endif
  const auto n = [](int value) { return std::to_string(value); };
  Svg svg{640, 470, "The register tile: 6 pixels times 4 registers of channels are 24 sums"};
  const double x0 = 148, y0 = 128, w = 116, h = 40;
  svg.text(x0, 30, "loaded: " + n(registers) + " registers of weights, " + n(lanes) + " output channels each");
  for (int c = 0; c < registers; ++c) {
    svg.rect(x0 + w * c, 44, w - 8, 34, "t1 s1", 3);
    svg.text(x0 + w * c + (w - 8) / 2, 67, n(lanes * c) + ".." + n(lanes * c + lanes - 1), Anchor::middle);
    svg.arrow(x0 + w * c + (w - 8) / 2, 84, x0 + w * c + (w - 8) / 2, 118);
  }
  svg.text(12, 84, "broadcast:");
  svg.text(12, 106, n(pixels) + " inputs");
  for (int r = 0; r < pixels; ++r) {
    const double y = y0 + h * r;
    svg.rect(12, y, 92, h - 8, "t0 s0", 3);
    svg.text(58, y + 22, "pixel " + n(r), Anchor::middle);
    svg.arrow(108, y + (h - 8) / 2, x0 - 4, y + (h - 8) / 2);
    for (int c = 0; c < registers; ++c) {
      svg.rect(x0 + w * c, y, w - 8, h - 8, "t2 s2", 3);
      svg.text(x0 + w * c + (w - 8) / 2, y + 22, "sum " + n(r) + ", " + n(c), Anchor::middle);
    }
  }
  const double below = y0 + h * pixels + 24;
  svg.text(12, below,
           "in registers during the whole loop: " + n(pixels * registers) + " sums of " + n(lanes) + " floats");
  svg.text(12, below + 34,
           "A turn: " + n(registers + pixels) + " loads, " + n(pixels * registers) +
               " multiply-adds that do not wait for each other.");
  svg.text(12, below + 60, "With one sum: 2 loads for a multiply-add, and each waits for the last.", Anchor::start,
           "soft");
  return svg;
}

}  // namespace pictures
