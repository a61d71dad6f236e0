/// \file
/// Range checks of labels: coordinates are expected in pixels of a 96x96 image.
#pragma once

#include <cmath>
#include <span>
#include <string>

#include "data/csv.hpp"
#include "data/dataset.hpp"

namespace facial_keypoints {

/// More than a whole image away from the image. NaN (unknown) is not absurd.
inline bool is_absurd(float coordinate) {
  constexpr auto side = static_cast<float>(image_side);
  return coordinate < -side || coordinate > 2 * side;
}

[[noreturn, gnu::cold]] inline void refuse_absurd(const Row& row, std::size_t column) {
  row.fail(column, "a coordinate in pixels (0 to 96, at most 96 beyond)", in_quotes(row.field(column)));
}

/// Notes coordinates that lie more than a pixel outside the image, the first of them by its place, and labels that
/// look as if they had been scaled. `line_numbers[i]` is the line of face i.
inline void note_unusual_labels(const std::string& file, const Faces& faces, std::span<const fkd::Index> line_numbers,
                                Notes& notes) {
  constexpr float margin = 1, last = static_cast<float>(image_side) + margin;
  std::size_t outside = 0, first = 0;
  float largest = 0;
  fkd::Index known = 0;
  for (std::size_t i = 0; i < faces.targets.size(); ++i) {
    const float value = faces.targets[i];
    if (fkd::is_nan(value)) continue;
    ++known;
    largest = (std::max)(largest, std::abs(value));
    if ((value < -margin || value > last) && outside++ == 0) first = i;
  }
  if (outside > 0) {
    std::string number = std::to_string(faces.targets[first]);
    number.erase(number.find('.') + 3);
    notes.push_back(file + ":" + std::to_string(line_numbers[first / target_count]) + ": column " +
                    std::string{column_names[first % target_count]} + ": " + number +
                    " lies outside the image (0 to 96)" +
                    (outside == 1 ? "" : "; so do " + std::to_string(outside - 1) + " other coordinates"));
  }
  if (known > 0 && largest <= 1.5F)
    notes.push_back(file + ": expected coordinates in pixels (0 to 96), got none beyond 1.5: were they scaled?");
}

}  // namespace facial_keypoints
