/// \file
/// A hash of a data set.
#pragma once

#include <cstdint>

#include "data/images.hpp"
#include "shared/common/fingerprint.hpp"

namespace classify {

/// A hash of the training and the test images, their size, and their labels.
inline std::uint64_t fingerprint(const ImageSet& set) {
  shared::Fingerprint hash;
  for (const Images* images : {&set.training, &set.test}) {
    hash.add(static_cast<std::uint64_t>(images->shape.height) << 32 |
             static_cast<std::uint64_t>(images->shape.width << 8 | images->shape.channels));
    hash.add(images->pixels);
    for (const int label : images->labels) hash.add(static_cast<std::uint64_t>(label));
  }
  return hash.value();
}

}  // namespace classify
