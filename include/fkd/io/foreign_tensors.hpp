/// \file
/// A network's tensors as PyTorch and Keras lay them out: extents, roles, and where each value stands.
///
///                            fkd                  PyTorch                        Keras
///     convolution            (KH, KW, IC/g, OC)   weight (OC, IC/g, KH, KW)      (KH, KW, IC/g, OC)
///       depthwise, g = IC    (KH, KW, 1, C·M)     weight (C·M, 1, KH, KW)        (KH, KW, C, M)
///     transposed             (KH, KW, OC/g, IC)   weight (IC, OC/g, KH, KW)      (KH, KW, OC, IC)
///     dense                  (IU, OU)             weight (OU, IU)                (IU, OU)
///     batch normalisation    gamma, beta,         weight, bias,                  the same
///                            moving_mean, _var.   running_mean, running_var
///     LayerNorm of samples   (H, W, C)            (C, H, W)                      (H, W, C)
///
/// PyTorch's images have channels first, so a flattened one has its values in another order: (C, H, W). Rows of a dense
/// layer behind it are permuted, and so is what stands between them (a normalisation of flat values, say); columns of
/// one before a Reshape into an image likewise. Where that order cannot be told, it is refused: a weight that is merely
/// transposed loads without an error and is wrong.
#pragma once

#include <fkd/core/language.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/runtime/program.hpp>

namespace fkd::io::detail {

/// One of the network's tensors, as the others have it.
struct ForeignTensor {
  std::size_t tensor = 0;           ///< which of the layout's
  std::size_t op = 0;               ///< which of the program's
  std::string role = {};            ///< PyTorch: weight, bias, running_mean, running_var; Keras: fkd's name
  std::vector<Index> extents = {};  ///< theirs
  std::vector<Index> places = {};   ///< of each of their values, which of fkd's it is; empty: the same order
};

[[gnu::cold]] bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names);

/// For each of an image's values in a row of order (C, H, W), which of fkd's it is; empty: the same.
[[gnu::cold]] std::vector<Index> order_of_image(Shape s);

/// The layers' names in PyTorch, op by op: numbers from 0 on, words as they are. `5.residual.main.1.conv2d` is
/// `4.main.0`.
[[gnu::cold]] std::vector<std::string> pytorch_names(const NetworkInfo& network, std::size_t ops);

/// In the order of the layout, without the tensors of Rescale, which neither has as a layer with weights. Throws
/// ArgumentError, opened by `who`, for a layer that PyTorch does not have, and where the order of a flat value cannot
/// be told.
[[gnu::cold]] std::vector<ForeignTensor> pytorch_tensors(const std::string& who, const NetworkInfo& network,
                                                         const std::vector<OpInfo>& ops, const OpInputs& reads);

/// The same for Keras, whose order of values is fkd's. Throws ArgumentError for a transposed convolution in groups.
[[gnu::cold]] std::vector<ForeignTensor> keras_tensors(const std::string& who, const NetworkInfo& network,
                                                       const std::vector<OpInfo>& ops);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/foreign_tensors_inl.hpp>
#endif
