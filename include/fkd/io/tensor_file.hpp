/// \file
/// Named tensors and metadata: what a safetensors file holds.
#pragma once

#include <fkd/core/language.hpp>

#include <string>
#include <vector>

#include <fkd/core/shape.hpp>
#include <fkd/io/metadata.hpp>

namespace fkd::io {

/// One tensor of a file; `bytes` are its values in memory order.
struct FileTensor {
  std::string name;
  std::string type;  ///< "F32", "F64", "F16" or "BF16"; the format's other types are read, but no model takes them
  std::vector<Index> extents;
  std::vector<char> bytes;
};

/// A whole file.
struct TensorFile {
  Metadata metadata;
  std::vector<FileTensor> tensors;
};

}  // namespace fkd::io
