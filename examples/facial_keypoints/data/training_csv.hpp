/// \file
/// training.csv: a row is a face.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "data/csv.hpp"
#include "data/dataset.hpp"
#include "data/label_range.hpp"
#include "data/pixel_text.hpp"

namespace facial_keypoints {

/// Reads training.csv: 30 coordinates, empty where unknown, and `Image`. \throws DataError
inline Faces read_training(LineReader reader, Notes& notes) {
  std::array<std::string_view, target_count + 1> names;
  std::copy(column_names.begin(), column_names.end(), names.begin());
  names[target_count] = "Image";
  Faces faces;
  std::vector<fkd::Index> line_numbers;
  read_csv(
      reader, {names, names.size(), least_image_bytes}, notes,
      [&](fkd::Index rows, fkd::Index estimate) {
        faces.grow(rows, estimate);
        line_numbers.resize(static_cast<std::size_t>(rows));
      },
      [&](fkd::Index i, const Row& row) {
        line_numbers[static_cast<std::size_t>(i)] = row.line();
        const std::span<float> target = faces.target(i);
        for (std::size_t column = 0; column < target_count; ++column) {
          target[column] = row.number(column);
          if (is_absurd(target[column])) refuse_absurd(row, column);
        }
        parse_image(row, target_count, faces.image(i));
      });
  note_unusual_labels(reader.name(), faces, line_numbers, notes);
  return faces;
}

inline Faces read_training(const std::filesystem::path& path) {
  Notes unread;
  return read_training(LineReader{path}, unread);
}

}  // namespace facial_keypoints
