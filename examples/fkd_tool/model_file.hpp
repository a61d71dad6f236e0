/// \file
/// A network out of a file, whatever its format and the type of its numbers.
#pragma once

#include <algorithm>
#include <filesystem>

#include <fkd/io/load_network.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/safetensors_file.hpp>

namespace fkd_tool {

/// Told by the name's end; everything else is a safetensors file.
inline bool is_onnx(const std::filesystem::path& file) { return file.extension() == ".onnx"; }

/// Calls `use` with the model, of double where a file's values are F64 and of float otherwise. Throws FileError.
template <class Use>
void with_model(const std::filesystem::path& file, Use use) {
  if (is_onnx(file)) {
    use(fkd::io::load_onnx(file));
    return;
  }
  const fkd::io::TensorFile tensors = fkd::io::read_tensors(file);
  const bool is_double = std::any_of(tensors.tensors.begin(), tensors.tensors.end(),
                                     [](const fkd::io::FileTensor& tensor) { return tensor.type == "F64"; });
  if (is_double) {
    use(fkd::io::load_network<double>(file));
  } else {
    use(fkd::io::load_network<float>(file));
  }
}

}  // namespace fkd_tool
