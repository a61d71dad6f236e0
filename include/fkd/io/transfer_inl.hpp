/// \file
/// Definitions of transfer.hpp.
#pragma once

#include <utility>
#include <vector>

#include <fkd/io/safetensors_file.hpp>
#include <fkd/io/transfer.hpp>

namespace fkd::io {
namespace detail {

/// Whether a tensor belongs to the training state that a file holds beside the model.
FKD_FUNC bool is_of_training_state(const TensorFile& file, const FileTensor& tensor) {
  if (!file.metadata.contains("slots")) return false;
  const auto begins = [&](const char* prefix) { return tensor.name.starts_with(prefix); };
  return begins("optimizer.") || begins("best.") || begins("sum.") || begins("latest.") || begins("ema.");
}

}  // namespace detail

template <class T>
TransferReport copy_parameters(const Source& from, Model<T>& to, const TransferOptions& options) {
  TensorFile file = read_tensors(from);
  std::erase_if(file.tensors, [&](const FileTensor& tensor) { return detail::is_of_training_state(file, tensor); });
  std::vector<fkd::detail::TransferTensor> tensors;
  for (const FileTensor& tensor : file.tensors) tensors.push_back({tensor.name, tensor.extents});
  fkd::detail::TransferPlan plan =
      fkd::detail::plan_transfer(from.name(), tensors, to.network(), to.program().ops, options);
  for (const fkd::detail::TransferPair& pair : plan.pairs)
    if (const FileTensor& tensor = file.tensors[pair.from]; !detail::is_floating(tensor.type))
      throw FileError{from.name() + ": tensor " + tensor.name + ": expected type F32, F64, F16 or BF16, got " +
                      tensor.type};
  for (const fkd::detail::TransferPair& pair : plan.pairs) {
    const FileTensor& tensor = file.tensors[pair.from];
    const std::span<T> values = to.tensor(static_cast<Index>(pair.to));
    detail::widen(tensor, values.data());
  }
  return std::move(plan.report);
}

}  // namespace fkd::io
