/// \file
/// Definitions of metadata.hpp.
#pragma once

#include <fkd/core/error.hpp>
#include <fkd/io/metadata.hpp>

namespace fkd::io {

[[gnu::noinline]] FKD_FUNC const std::string* Metadata::find(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == name) return &texts_[i];
  return nullptr;
}

FKD_FUNC const std::string& Metadata::at(std::string_view name) const {
  if (const std::string* const text = find(name)) return *text;
  throw ArgumentError{format_message({"Metadata: at: expected the name of an entry, got ", name})};
}

FKD_FUNC std::string& Metadata::operator[](std::string_view name) {
  if (!contains(name)) append(name, {});
  return texts_[static_cast<std::size_t>(find(name) - texts_.data())];
}

[[gnu::noinline]] FKD_FUNC void Metadata::append(std::string_view name, std::string_view text) {
  names_.push_back(std::string{name});
  texts_.push_back(std::string{text});
}

}  // namespace fkd::io
