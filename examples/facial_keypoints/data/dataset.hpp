/// \file
/// The data set in memory: faces of one byte a pixel with 30 coordinates each (NaN: unknown), and the test set.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

#include "data/keypoints.hpp"

namespace facial_keypoints {

inline constexpr std::size_t image_side = 96;
inline constexpr std::size_t image_pixels = image_side * image_side;

/// n images with their targets, row after row. Sample i owns pixels `[i * 9216, (i + 1) * 9216)`, 0 black to 255
/// white, and targets `[i * 30, (i + 1) * 30)` in pixels.
struct Faces {
  std::vector<std::uint8_t> pixels;
  std::vector<float> targets;

  fkd::Index size() const { return static_cast<fkd::Index>(pixels.size() / image_pixels); }

  void resize(fkd::Index count) {
    pixels.resize(static_cast<std::size_t>(count) * image_pixels);
    targets.resize(static_cast<std::size_t>(count) * target_count);
  }
  /// Resizes to `count`; if that needs new memory, reserves it for `estimate` faces.
  void grow(fkd::Index count, fkd::Index estimate) {
    if (static_cast<std::size_t>(count) * image_pixels > pixels.capacity()) {
      pixels.reserve(static_cast<std::size_t>(estimate) * image_pixels);
      targets.reserve(static_cast<std::size_t>(estimate) * target_count);
    }
    resize(count);
  }

  std::span<const std::uint8_t> image(fkd::Index i) const {
    return {pixels.data() + offset(i, image_pixels), image_pixels};
  }
  std::span<std::uint8_t> image(fkd::Index i) { return {pixels.data() + offset(i, image_pixels), image_pixels}; }
  std::span<const float> target(fkd::Index i) const { return {targets.data() + offset(i, target_count), target_count}; }
  std::span<float> target(fkd::Index i) { return {targets.data() + offset(i, target_count), target_count}; }

  /// Whether all 30 coordinates of face i are known.
  bool is_complete(fkd::Index i) const {
    for (const float value : target(i))
      if (fkd::is_nan(value)) return false;
    return true;
  }

 private:
  static std::size_t offset(fkd::Index i, std::size_t width) { return static_cast<std::size_t>(i) * width; }
};

/// One line of IdLookupTable.csv: a coordinate that the competition asks for.
struct LookupRow {
  std::int64_t row_id = 0;
  fkd::Index image = 0;    ///< position in the test set, not its ImageId
  std::size_t column = 0;  ///< which of the 30 coordinates
};

/// The faces to predict; none where there is no test.csv, and no lookup where there is no IdLookupTable.csv. The
/// targets are known for drawn faces only, and NaN for the competition's.
struct TestSet {
  Faces faces;
  std::vector<std::int64_t> image_ids;
  std::vector<LookupRow> lookup;
};

/// The data set of a command.
struct Dataset {
  std::string name;  ///< "synthetic", or the folder or archive it was read from
  Faces training = {};
  TestSet test = {};
  std::vector<std::string> missing = {};  ///< optional files that do not exist
  std::vector<std::string> notes = {};    ///< warnings about the files: a sentence each
};

}  // namespace facial_keypoints
