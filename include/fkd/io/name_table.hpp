/// \file
/// Names to look up: a sorted list of pointers. (A hash table of texts takes 0.2 s to be read and compiled.)
#pragma once

#include <fkd/core/language.hpp>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace fkd::io::detail {

class NameTable {
 public:
  /// The name must outlive this.
  void add(const std::string& name) { names_.push_back(&name); }
  /// To be called when all have been added. Returns a name that is there twice, of several the first in memory; null
  /// for none.
  [[gnu::cold]] const std::string* sort();
  /// The place of a name in the sorted list, which `sort` made; null for none.
  [[gnu::cold]] const std::string* find(std::string_view name) const;

  const std::vector<const std::string*>& names() const { return names_; }

 private:
  std::vector<const std::string*> names_;
};

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/name_table_inl.hpp>
#endif
