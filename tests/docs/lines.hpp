/// \file
/// The data of the tests of docs/howto: small pictures of lines, three classes.
#pragma once

#include <cstddef>
#include <vector>

#include <fkd/net.hpp>

/// 12x12 images: 0 is a row, 1 a column, 2 a diagonal; lines of value `light` on a ground of `ground`.
struct Lines {
  fkd::Batch<float> images;
  std::vector<int> labels;

  explicit Lines(fkd::Index samples = 150, float light = 1, float ground = 0) : images{{12, 12, 1}, samples} {
    for (fkd::Index n = 0; n < samples; ++n) {
      labels.push_back(static_cast<int>(n % 3));
      const fkd::Index at = 2 + n / 3 % 8;
      for (float& value : images.sample(n)) value = ground;
      for (fkd::Index i = 0; i < 12; ++i) {
        const fkd::Index row = labels.back() == 1 ? i : labels.back() == 0 ? at : i;
        const fkd::Index column = labels.back() == 1 ? at : labels.back() == 0 ? i : (i + at) % 12;
        images.sample(n)[static_cast<std::size_t>(row * 12 + column)] = light;
      }
    }
  }
};
