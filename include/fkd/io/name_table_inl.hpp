/// \file
/// Definitions of name_table.hpp.
#pragma once

#include <fkd/io/name_table.hpp>

namespace fkd::io::detail {

[[gnu::noinline]] FKD_FUNC const std::string* NameTable::sort() {
  if (names_.empty()) return nullptr;
  std::qsort(names_.data(), names_.size(), sizeof names_[0], [](const void* a, const void* b) {  // no template
    return (*static_cast<const std::string* const*>(a))->compare(**static_cast<const std::string* const*>(b));
  });
  const std::string* twice = nullptr;
  for (std::size_t i = 1; i < names_.size(); ++i) {
    if (*names_[i - 1] != *names_[i]) continue;
    const std::string* const later = names_[i - 1] < names_[i] ? names_[i] : names_[i - 1];
    if (twice == nullptr || later < twice) twice = later;
  }
  return twice;
}

[[gnu::noinline]] FKD_FUNC const std::string* NameTable::find(std::string_view name) const {
  std::size_t low = 0, high = names_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const int order = name.compare(*names_[middle]);
    if (order == 0) return names_[middle];
    (order < 0 ? high : low) = order < 0 ? middle : middle + 1;
  }
  return nullptr;
}

}  // namespace fkd::io::detail
