/// \file
/// NaN and infinity in a file's tensors: counted, reported, or refused.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/io/file_report.hpp>
#include <fkd/io/safetensors_file.hpp>

namespace fkd::io::detail {

/// Counts values that are NaN or infinite. Throws NonFiniteError at the first if `refuse_non_finite` is set.
[[gnu::cold]] inline FileReport report_of(const std::string& where, const TensorFile& file,
                                          const FileOptions& options) {
  FileReport report;
  Index values = 0;
  std::string_view first;
  for (const FileTensor& tensor : file.tensors) {
    if (!is_floating(tensor.type)) continue;
    const std::size_t size = tensor.type == "F64" ? 8 : tensor.type == "F32" ? 4 : 2;
    // The exponent is in the upper two bytes, all of whose bits are set.
    const unsigned exponent = tensor.type == "F64" ? 0x7ff0 : tensor.type == "F16" ? 0x7c00 : 0x7f80;
    values += static_cast<Index>(tensor.bytes.size() / size);
    for (std::size_t i = size; i <= tensor.bytes.size(); i += size) {
      std::uint16_t upper = 0;
      std::memcpy(&upper, tensor.bytes.data() + i - 2, 2);
      if ((upper & exponent) == exponent && report.non_finite++ == 0) first = tensor.name;
    }
  }
  if (report.non_finite == 0) return report;
  report.warning = printable(format_message({where, ": expected finite values, got NaN or infinity in ",
                                             report.non_finite, " of ", values, ", the first in tensor ", first}));
  if (options.refuse_non_finite) throw NonFiniteError{report.warning};
  return report;
}

}  // namespace fkd::io::detail
