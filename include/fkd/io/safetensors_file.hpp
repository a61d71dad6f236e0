/// \file
/// The safetensors format: named tensors and string metadata.
///
/// The format: a 64-bit little-endian length, a JSON object of that length, then the values of all tensors without
/// gaps. The object gives each tensor's type, shape and byte offsets, and strings under `__metadata__`.
///
/// net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/io/source.hpp>
#include <fkd/io/tensor_file.hpp>

namespace fkd::io {

static_assert(std::endian::native == std::endian::little, "safetensors files are written as the memory is");

/// Writes a file, a stream or memory. Throws FileError, and for tensors that the format cannot represent.
[[gnu::cold]] void write_tensors(const Sink& to, const TensorFile& file);

/// Reads a file. Throws FileError, with the file's name, if it is missing, truncated, not a safetensors file, or breaks
/// the format. Never allocates more than the file's size justifies.
[[gnu::cold]] TensorFile read_tensors(const Source& from);

namespace detail {

/// Whether values of this type can be widened to floating-point numbers: F32, F64, F16 and BF16.
[[gnu::cold]] bool is_floating(std::string_view type);

/// Copies all values of a tensor of a floating type. `to` has as many.
template <class T>
[[gnu::cold]] void widen(const FileTensor& tensor, T* to);

/// (3, 2): extents as text.
[[gnu::cold]] std::string extents_text(const std::vector<Index>& extents);

}  // namespace detail

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/safetensors_file_inl.hpp>
#endif
