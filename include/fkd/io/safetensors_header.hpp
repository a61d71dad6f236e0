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

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/io/tensor_file.hpp>

namespace fkd::io::detail {

inline constexpr std::uint64_t longest_header = 100'000'000;  ///< bytes; the format's limit

/// Where a tensor's bytes are: [begin, end), counted from the end of the header.
struct TensorPlace {
  std::uint64_t begin = 0, end = 0;
  std::size_t tensor = 0;  ///< its number among the header's tensors
};

/// A parsed header. `problem` describes the first error, as the end of a message, empty if there is none; `foreign` is
/// set if the file is not a safetensors file at all.
struct TensorHeader {
  TensorFile file;  ///< the tensors without their bytes
  std::vector<TensorPlace> places;
  std::string problem;
  bool foreign = false;
};

/// Bits of one value of a type, 0 for a type that the format does not have.
[[gnu::cold]] int type_bits(std::string_view type);

[[gnu::cold]] void parse_header(std::string_view text, TensorHeader& header);

/// Sorts the places by offset. Returns the end of a message about an overlap or a gap, or a place that is not as large
/// as its tensor's type and shape say; empty if there is none.
[[gnu::cold]] std::string sort_places(const std::vector<FileTensor>& tensors, std::vector<TensorPlace>& places);

/// The same about a tensor that takes so many bytes.
[[gnu::cold]] std::string wrong_size(const FileTensor& tensor, std::uint64_t bytes);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/safetensors_header_inl.hpp>
#endif
