/// \file
/// Weights from and to PyTorch, as state_dicts in safetensors files.
///
///     save_file(model.state_dict(), "model.safetensors")            Python: safetensors.torch
///     fkd::io::load_pytorch("model.safetensors", net);
///     fkd::io::save_pytorch("trained.safetensors", net);
///     model.load_state_dict(load_file("trained.safetensors"))
///
/// `net` is the same network, built here. A tensor is found by the name of its module, which is
///
///  - what `.names` says, a list from PyTorch's beginnings to fkd's layers: {{"conv1", "1.conv2d"}, {"fc", "4.dense"}};
///    a beginning may also be taken off or changed: {{"features", ""}};
///  - fkd's name of the layer, or the one that `save_pytorch` writes: the layer's number less one, as in a
///    torch.nn.Sequential of the same layers (`5.residual.main.1.conv2d` is `4.main.0`);
///  - or, where all modules' names are numbers behind the same words, their order: modules with tensors, sorted as
///    numbers (10 behind 9: files keep no order), are fkd's layers with tensors, one by one. Names with different words
///    have no order that could be told, and need `.names`.
///
/// Then every tensor must have the extents that its layer has in PyTorch (foreign_tensors.hpp): kernels are turned from
/// (OC, IC, KH, KW), dense weights transposed, and permuted behind a Flatten. num_batches_tracked is passed over.
/// Numbers that are no weights are not in a state_dict: the epsilon and momentum of a BatchNorm, for one, are for `net`
/// to say.
///
/// net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <vector>

#include <fkd/io/file_report.hpp>
#include <fkd/io/source.hpp>
#include <fkd/network/model.hpp>
#include <fkd/network/transfer.hpp>

namespace fkd::io {

struct PyTorchOptions {
  /// From PyTorch's names to fkd's, as in fkd::copy_parameters: the first one that fits counts. Of save_pytorch, from
  /// fkd's to PyTorch's.
  std::vector<NameMapping> names = {};
  Stored stored = Stored::as_is;  ///< of save_pytorch
};

/// Reads every tensor of `net` but those of Rescale. F16, BF16, F32 and F64 are converted. The report says what was
/// taken, and by which names in `left_over` what was passed over. Throws FileError, which names the tensor, both shapes
/// and what was tried, for a file with fewer or more tensors or with other extents, and ArgumentError for a network
/// whose order of values PyTorch's cannot be told from; then `net` is unchanged.
template <class T>
[[gnu::cold]] TransferReport load_pytorch(const Source& from, Model<T>& net, const PyTorchOptions& options = {});

/// Writes what `load_state_dict` takes, strictly. A Rescale is left out. Throws FileError and ArgumentError as above.
template <class T>
[[gnu::cold]] FileReport save_pytorch(const Sink& to, const Model<T>& net, const PyTorchOptions& options = {});

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/pytorch_inl.hpp>
#endif
