/// \file
/// NaN and infinity in a file's tensors: counted, reported, or refused.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <filesystem>
#include <string>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/io/safetensors_file.hpp>

namespace fkd::io {

/// Options of `save` and `load`.
struct FileOptions {
  bool refuse_non_finite = false;  ///< NonFiniteError for a value that is NaN or infinite
};

/// What `save` and `load` return: how many values are NaN or infinite.
struct FileReport {
  Index non_finite = 0;      ///< values of all the file's tensors that are NaN or infinite
  std::string warning = {};  ///< a sentence about them; empty if there is none
};

namespace detail {

/// Counts values that are NaN or infinite. Throws NonFiniteError at the first if `refuse_non_finite` is set.
[[gnu::cold]] inline FileReport report_of(const std::filesystem::path& path, const TensorFile& file,
                                          const FileOptions& options) {
  FileReport report;
  Index values = 0;
  std::string first;
  const auto count = [&]<class T>(const FileTensor& tensor, T value) {
    for (std::size_t at = 0; at < tensor.bytes.size(); at += sizeof value) {
      std::copy_n(tensor.bytes.data() + at, sizeof value, reinterpret_cast<char*>(&value));
      ++values;
      if (is_finite(value)) continue;
      if (report.non_finite++ == 0) first = tensor.name;
    }
  };
  for (const FileTensor& tensor : file.tensors) {
    if (tensor.type == "F32") count(tensor, float{});
    if (tensor.type == "F64") count(tensor, double{});
  }
  if (report.non_finite == 0) return report;
  report.warning = path.string() + ": expected finite values, got NaN or infinity in " +
                   std::to_string(report.non_finite) + " of " + std::to_string(values) + ", the first in tensor " +
                   first;
  if (options.refuse_non_finite) throw NonFiniteError{report.warning};
  return report;
}

}  // namespace detail

}  // namespace fkd::io
