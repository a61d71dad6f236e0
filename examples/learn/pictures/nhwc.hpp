/// \file
/// NHWC: where the values of an image stand in memory. The addresses are read off a `Batch`.
#pragma once

#include <fkd/core/batch.hpp>

#include "../drawing/svg.hpp"

namespace pictures {

using drawing::Anchor, drawing::Svg, fkd::Index;

inline Svg nhwc() {
  const fkd::Shape shape{.height = 2, .width = 3, .channels = 3};
  const fkd::Batch<float> batch{shape, 2};
  Svg svg{640, 384, "Two images of 2 x 3 pixels with 3 channels, and where each value stands in memory"};
  const double cell = 32;
  // Each pixel as its channels, side by side: the number is the address.
  for (Index n = 0; n < 2; ++n) {
    const double left = 26 + 316 * static_cast<double>(n);
    svg.text(left, 30, "image " + std::to_string(n) + " (2, 3, 3)");
    for (Index h = 0; h < shape.height; ++h)
      for (Index w = 0; w < shape.width; ++w) {
        const double x = left + static_cast<double>(w) * (3 * cell), y = 48 + static_cast<double>(h) * 62;
        for (Index c = 0; c < shape.channels; ++c) {
          const std::size_t of_sample = static_cast<std::size_t>((h * shape.width + w) * shape.channels + c);
          const auto address = &batch.sample(n)[of_sample] - batch.sample(0).data();
          const double at = x + cell * static_cast<double>(c);
          svg.rect(at, y, cell, 40, "t" + std::to_string(c) + " paperline");
          svg.text(at + cell / 2, y + 26, std::to_string(address), Anchor::middle);
        }
        svg.rect(x, y, 3 * cell, 40, "none ls");
      }
  }
  const char* names[] = {"channel 0", "channel 1", "channel 2"};
  for (int c = 0; c < 3; ++c) {
    svg.rect(26 + 130.0 * c, 182, 20, 20, "t" + std::to_string(c) + " s" + std::to_string(c));
    svg.text(54 + 130.0 * c, 198, names[c]);
  }
  // The first image as memory has it.
  const double left = 26, y = 252, step = 32.6;
  svg.text(left, 236, "memory: channel innermost, then column, row, image");
  for (Index i = 0; i < 18; ++i) {
    const double x = left + step * static_cast<double>(i);
    svg.rect(x, y, step, 36, "t" + std::to_string(i % 3) + " paperline");
    svg.text(x + step / 2, y + 24, std::to_string(i), Anchor::middle);
  }
  const auto brace = [&](double from, double to, double at, const std::string& name) {
    const double x0 = left + step * from + 3, x1 = left + step * to - 3;
    svg.polyline({{x0, at}, {x0, at + 6}, {x1, at + 6}, {x1, at}}, "ls thin");
    svg.text((x0 + x1) / 2, at + 24, name, Anchor::middle, "ink", 15);
  };
  for (int p = 0; p < 6; ++p)
    brace(3 * p, 3 * p + 3, y + 40, "(" + std::to_string(p / 3) + ", " + std::to_string(p % 3) + ")");
  brace(0, 9, y + 72, "row 0");
  brace(9, 18, y + 72, "row 1");
  return svg;
}

}  // namespace pictures
