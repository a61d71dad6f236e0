/// \file
/// Transfer from a file: copying parameters into a model by name, as far as they fit. See network/transfer.hpp.
///
///     const fkd::TransferReport report = fkd::io::copy_parameters("pretrained.safetensors", net);
///
/// net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <fkd/io/source.hpp>
#include <fkd/network/transfer.hpp>

namespace fkd::io {

/// Copies what fits from a file in the safetensors format; of a file with a training state, the model's tensors. It
/// need not be fkd's, but extents are in fkd's order. F16, BF16, float and double are converted. Throws FileError where
/// the file cannot be read or what would be taken is of another type, and ArgumentError as `fkd::copy_parameters`; then
/// `to` is unchanged.
template <class T>
[[gnu::cold]] TransferReport copy_parameters(const Source& from, Model<T>& to, const TransferOptions& options = {});

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/transfer_inl.hpp>
#endif
