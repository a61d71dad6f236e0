/// \file
/// Rows of CSV: a file's name, and its most probable classes with their probabilities.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "shared/common/csv_field.hpp"
#include "shared/common/text_table.hpp"

namespace shared {

/// The numbers of the largest values, the largest first; of equal ones the first.
template <class T>
std::vector<std::size_t> largest(std::span<const T> values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  order.resize(std::min(count, order.size()));
  return order;
}

/// `picture,class_1,probability_1,...`
inline void write_class_header(std::ostream& out, std::size_t count) {
  out << "picture";
  for (std::size_t k = 1; k <= count; ++k) out << ",class_" << k << ",probability_" << k;
  out << "\n";
}

/// A row of the `count` most probable classes; `classes` names them all.
template <class T>
void write_class_row(std::ostream& out, const std::string& picture, std::span<const T> probabilities,
                     const std::vector<std::string>& classes, std::size_t count) {
  out << csv_field(picture);
  for (const std::size_t k : largest(probabilities, count))
    out << "," << csv_field(classes[k]) << "," << fixed(static_cast<double>(probabilities[k]), 4);
  out << "\n";
}

}  // namespace shared
