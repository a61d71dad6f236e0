/// \file
/// Definitions of nearest_names.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fkd/core/nearest_names.hpp>

namespace fkd {

FKD_FUNC Index edit_distance(std::string_view a, std::string_view b) {
  // One row of the table at a time: row[j] is the distance of a's first i characters to b's first j.
  std::vector<Index> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<Index>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    Index diagonal = row[0];  // of the row before, one place to the left
    row[0] = static_cast<Index>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const Index replaced = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = (std::min)(replaced, (std::min)(row[j], row[j - 1]) + 1);
    }
  }
  return row[b.size()];
}

FKD_FUNC std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> names,
                                                Index most) {
  std::vector<std::pair<Index, const std::string*>> by_distance;
  for (const std::string& name : names) by_distance.push_back({edit_distance(wanted, name), &name});
  std::sort(by_distance.begin(), by_distance.end(), [](const auto& a, const auto& b) {
    return a.first < b.first || (a.first == b.first && a.second < b.second);  // of equal ones the first of the list
  });
  std::vector<std::string> nearest;
  for (const auto& [distance, name] : by_distance) {
    if (static_cast<Index>(nearest.size()) >= most) break;
    if (std::find(nearest.begin(), nearest.end(), *name) == nearest.end()) nearest.push_back(*name);
  }
  return nearest;
}

FKD_FUNC std::string nearest_names_text(std::string_view wanted, std::span<const std::string> names, Index most) {
  std::string text;
  for (const std::string& name : nearest_names(wanted, names, most)) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace fkd
