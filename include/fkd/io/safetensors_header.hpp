/// \file
/// A strict parser for the header of a safetensors file, a JSON object.
///
///     {"NAME": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}, ..., "__metadata__": {"KEY": "TEXT"}}
///
/// Rejects what the format forbids: duplicate names or keys, numbers that are not integers, unknown types, tensors that
/// overlap or leave gaps. It works on events and builds no document, so nesting depth is not limited and memory stays
/// proportional to the header's length.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/shape.hpp>

namespace fkd::io::detail {

inline constexpr std::uint64_t longest_header = 100'000'000;  ///< bytes; the format's limit

/// A tensor's entry in the header. Its bytes are [begin, end), counted from the end of the header.
struct TensorEntry {
  std::string name;
  std::string type;
  std::vector<Index> extents;
  std::uint64_t begin = 0, end = 0;
};

/// A parsed header. `problem` describes the first error, as the end of a message, empty if there is none; `foreign` is
/// set if the file is not a safetensors file at all.
struct TensorHeader {
  std::vector<TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
  std::string problem;
  bool foreign = false;
};

/// Bits of one value of a type, 0 for a type that the format does not have.
[[gnu::cold]] int type_bits(std::string_view type);

[[gnu::cold]] TensorHeader parse_header(std::string_view text);

/// Sorts the tensors by offset. Returns the end of a message about an overlap or a gap; empty if there is none.
[[gnu::cold]] std::string sort_by_place(std::vector<TensorEntry>& tensors);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/safetensors_header_inl.hpp>
#endif
