/// \file
/// A hash of a data set.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include <fkd/core/is_nan.hpp>

#include "data/dataset.hpp"

namespace facial_keypoints {

/// A hash of pixels and targets.
inline std::uint64_t fingerprint(const Faces& faces) {
  std::uint64_t hash = 14695981039346656037U;  // Fowler, Noll and Vo's offset and prime, on words of 8 bytes
  const auto add = [&](std::uint64_t word) { hash = std::rotl((hash ^ word) * 1099511628211U, 29); };
  for (std::size_t i = 0; i + 8 <= faces.pixels.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, faces.pixels.data() + i, 8);
    add(word);
  }
  for (const float target : faces.targets) add(fkd::is_nan(target) ? 1 : std::bit_cast<std::uint32_t>(target));
  return hash;
}

}  // namespace facial_keypoints
