/// \file
/// The metadata of a file: texts by name.
#pragma once

#include <fkd/core/language.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace fkd::io {

/// What a std::map<std::string, std::string> is used for, in a tenth of the code: lists in the order of insertion,
/// which are looked through.
class Metadata {
 public:
  struct Entry {
    std::string_view name, text;
  };

  Metadata() = default;
  Metadata(std::initializer_list<Entry> entries) {
    for (const Entry& entry : entries) append(entry.name, entry.text);
  }

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& texts() const { return texts_; }  ///< as many

  /// The text of that name; null for none.
  [[gnu::cold]] const std::string* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Throws ArgumentError where there is none.
  [[gnu::cold]] const std::string& at(std::string_view name) const;
  /// Appends an empty one where there is none.
  [[gnu::cold]] std::string& operator[](std::string_view name);
  /// Appends one, without looking whether the name is there.
  [[gnu::cold]] void append(std::string_view name, std::string_view text);
  /// How many were removed: 1 or 0.
  std::size_t erase(std::string_view name) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] != name) continue;
      names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(i));
      texts_.erase(texts_.begin() + static_cast<std::ptrdiff_t>(i));
      return 1;
    }
    return 0;
  }
  void clear() { *this = {}; }

 private:
  std::vector<std::string> names_, texts_;
};

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/metadata_inl.hpp>
#endif
