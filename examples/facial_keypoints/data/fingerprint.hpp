/// \file
/// A hash of a data set.
#pragma once

#include <bit>
#include <cstdint>

#include <fkd/core/is_nan.hpp>

#include "data/dataset.hpp"
#include "shared/common/fingerprint.hpp"

namespace facial_keypoints {

/// A hash of pixels and targets.
inline std::uint64_t fingerprint(const Faces& faces) {
  shared::Fingerprint hash;
  hash.add(faces.pixels);
  for (const float target : faces.targets) hash.add(fkd::is_nan(target) ? 1 : std::bit_cast<std::uint32_t>(target));
  return hash.value();
}

}  // namespace facial_keypoints
