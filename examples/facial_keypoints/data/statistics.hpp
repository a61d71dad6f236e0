/// \file
/// Statistics of a data set: missing labels, ranges of the coordinates, the mean face and its error.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <span>

#include <fkd/core/is_nan.hpp>

#include "data/dataset.hpp"

namespace facial_keypoints {

/// One column of the targets, over its known values, in pixels.
struct ColumnStatistics {
  fkd::Index known = 0;
  double smallest = std::numeric_limits<double>::quiet_NaN(), largest = smallest, mean = smallest, deviation = smallest;
};

inline std::array<ColumnStatistics, target_count> column_statistics(const Faces& faces) {
  std::array<ColumnStatistics, target_count> columns;
  for (std::size_t c = 0; c < target_count; ++c) {
    ColumnStatistics& column = columns[c];
    double sum = 0, squares = 0;
    for (fkd::Index i = 0; i < faces.size(); ++i) {
      const double value = static_cast<double>(faces.target(i)[c]);
      if (fkd::is_nan(value)) continue;
      if (column.known++ == 0) column.smallest = column.largest = value;
      column.smallest = (std::min)(column.smallest, value);
      column.largest = (std::max)(column.largest, value);
      sum += value;
      squares += value * value;
    }
    if (column.known == 0) continue;
    column.mean = sum / static_cast<double>(column.known);
    column.deviation =
        std::sqrt((std::max)(0.0, squares / static_cast<double>(column.known) - column.mean * column.mean));
  }
  return columns;
}

inline fkd::Index complete_rows(const Faces& faces) {
  fkd::Index count = 0;
  for (fkd::Index i = 0; i < faces.size(); ++i) count += faces.is_complete(i) ? 1 : 0;
  return count;
}

/// The mean of each column's known values; 48 where none is known.
inline std::array<float, target_count> mean_face(const Faces& faces, std::span<const fkd::Index> rows) {
  std::array<double, target_count> sum{};
  std::array<double, target_count> known{};
  for (const fkd::Index i : rows) {
    for (std::size_t c = 0; c < target_count; ++c) {
      const float value = faces.target(i)[c];
      if (fkd::is_nan(value)) continue;
      sum[c] += static_cast<double>(value);
      known[c] += 1;
    }
  }
  std::array<float, target_count> mean{};
  for (std::size_t c = 0; c < target_count; ++c) mean[c] = known[c] > 0 ? static_cast<float>(sum[c] / known[c]) : 48.0F;
  return mean;
}

/// A running sum of squared errors over the known targets.
struct SquaredError {
  double sum = 0;
  fkd::Index known = 0;

  void add(float predicted, float target) {
    if (fkd::is_nan(target)) return;
    const double error = static_cast<double>(predicted) - static_cast<double>(target);
    sum += error * error;
    ++known;
  }
  /// Mean squared error in square pixels; NaN if nothing is known.
  double cost() const {
    return known > 0 ? sum / static_cast<double>(known) : std::numeric_limits<double>::quiet_NaN();
  }
  /// Its root, in pixels.
  double rmse() const { return std::sqrt(cost()); }
};

/// The error of answering with one face for every row.
inline SquaredError error_of_constant(const Faces& faces, std::span<const fkd::Index> rows,
                                      std::span<const float> answer) {
  SquaredError error;
  for (const fkd::Index i : rows)
    for (std::size_t c = 0; c < target_count; ++c) error.add(answer[c], faces.target(i)[c]);
  return error;
}

}  // namespace facial_keypoints
