/// \file
/// Transfer from a file: copying parameters into a model by name, as far as they fit. See network/transfer.hpp.
///
///     const fkd::TransferReport report = fkd::io::copy_parameters("pretrained.safetensors", net);
///
/// Needs nlohmann/json; net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include <fkd/io/safetensors_file.hpp>
#include <fkd/network/transfer.hpp>

namespace fkd::io {
namespace detail {

/// Whether a tensor belongs to the training state that a file holds beside the model.
[[gnu::cold]] inline bool is_of_training_state(const TensorFile& file, const FileTensor& tensor) {
  if (!file.metadata.contains("slots")) return false;
  const auto begins = [&](const char* prefix) { return tensor.name.starts_with(prefix); };
  return begins("optimizer.") || begins("best.") || begins("sum.") || begins("latest.") || begins("ema.");
}

/// Values of type U, the bytes of which may begin anywhere.
template <class U, class T>
void convert(const std::vector<char>& bytes, std::span<T> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    U value;
    std::copy_n(bytes.data() + i * sizeof value, sizeof value, reinterpret_cast<char*>(&value));
    values[i] = static_cast<T>(value);
  }
}

}  // namespace detail

/// Copies what fits from a file in the safetensors format; of a file with a training state, the model's tensors. It
/// need not be fkd's, but extents are in fkd's order. Float and double are converted. Throws FileError where the file
/// cannot be read or what would be taken is of another type, and ArgumentError as `fkd::copy_parameters`; then `to` is
/// unchanged.
template <class T>
[[gnu::cold]] TransferReport copy_parameters(const std::filesystem::path& path, Model<T>& to,
                                             const TransferOptions& options = {}) {
  TensorFile file = read_tensors(path);
  std::erase_if(file.tensors, [&](const FileTensor& tensor) { return detail::is_of_training_state(file, tensor); });
  std::vector<fkd::detail::TransferTensor> tensors;
  for (const FileTensor& tensor : file.tensors) tensors.push_back({tensor.name, tensor.extents});
  fkd::detail::TransferPlan plan =
      fkd::detail::plan_transfer(path.string(), tensors, to.network(), to.program().ops, options);
  for (const fkd::detail::TransferPair& pair : plan.pairs)
    if (const FileTensor& tensor = file.tensors[pair.from]; tensor.type != "F32" && tensor.type != "F64")
      throw FileError{path.string() + ": tensor " + tensor.name + ": expected type F32 or F64, got " + tensor.type};
  for (const fkd::detail::TransferPair& pair : plan.pairs) {
    const FileTensor& tensor = file.tensors[pair.from];
    const std::span<T> values = to.tensor(static_cast<Index>(pair.to));
    tensor.type == "F32" ? detail::convert<float>(tensor.bytes, values) : detail::convert<double>(tensor.bytes, values);
  }
  return std::move(plan.report);
}

}  // namespace fkd::io
