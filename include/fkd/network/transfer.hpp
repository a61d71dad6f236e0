/// \file
/// Transfer: copying parameters from one model into another one, by name, as far as they fit.
///
///     fkd::Model net{ten_classes, fkd::Seed{1}};
///     const fkd::TransferReport report = fkd::copy_parameters(trained_on_three_classes, net);
///     std::cout << report.text();
///     options.frozen = report.layers;  // train the rest alone
///
/// A tensor is taken where the other model has one of the same name and extents, trained or state. The others stay as
/// they are, and the report names them. Where names differ, their beginnings are mapped:
///
///     fkd::copy_parameters(from, net, {.names = {{"", "1.sequential"}}});    the whole of `from` is net's first layer
///     fkd::copy_parameters(from, net, {.names = {{"3.conv2d", "4.conv2d"}}});
///
/// From a file: io/transfer.hpp. PyTorch: load_state_dict(state, strict=False), which says nothing where nothing fits,
/// and refuses other shapes; Keras: load_weights(by_name=True, skip_mismatch=True).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/parameters.hpp>
#include <fkd/network/model.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd {

/// Names that are equal to `from`, or continue it with a dot, begin with `to` instead. An empty `from` stands before
/// every name; an empty `to` leaves `from` out.
struct NameMapping {
  std::string from, to;
};

struct TransferOptions {
  std::vector<NameMapping> names = {};  ///< of the model that is copied from; the first one that fits a name counts
  std::vector<std::string> only = {};   ///< beginnings of the names, in the model that is copied to, of what is wanted
  bool strict = false;  ///< ArgumentError unless each tensor of both is taken (of those that `only` leaves)
};

/// A tensor that both have, with other extents.
struct TransferDifference {
  std::string name;           ///< in the model that is copied to
  std::string expected, got;  ///< its extents as text, and those of the other one
};

/// What became of the tensors. Names are those of the model that is copied to, but for `left_over`.
struct TransferReport {
  std::vector<std::string> taken;
  std::vector<TransferDifference> differ;  ///< these, and
  std::vector<std::string> missing;        ///< these, stayed as they were: the other model has none of their names
  std::vector<std::string> left_over;      ///< of the model that is copied from: the other one has none of their names
  std::vector<std::string> layers;         ///< all of whose tensors were taken: for `FitOptions::frozen`
  Index values = 0;                        ///< how many numbers were copied

  /// All of that as text, a line for each list that is not empty.
  [[gnu::cold]] std::string text() const;
};

/// Copies what fits from `from` to `to`; float and double are converted. Throws ArgumentError where nothing fits, where
/// a mapping or a wanted beginning fits no name, where two tensors are mapped to one name, and with `strict`; then `to`
/// is unchanged.
template <class U, class T>
[[gnu::cold]] TransferReport copy_parameters(const Model<U>& from, Model<T>& to, const TransferOptions& options = {});

namespace detail {

/// A tensor to copy from, wherever it is.
struct TransferTensor {
  std::string name;
  std::vector<Index> extents;
};

/// Which tensor goes where: numbers in the list of those to copy from, and in the layout of the model.
struct TransferPair {
  std::size_t from = 0, to = 0;
};

struct TransferPlan {
  TransferReport report;
  std::vector<TransferPair> pairs;
};

/// Throws as `copy_parameters`; `who` opens the sentence.
[[gnu::cold]] TransferPlan plan_transfer(std::string_view who, const std::vector<TransferTensor>& from,
                                         const NetworkInfo& to, std::span<const OpInfo> ops,
                                         const TransferOptions& options);

[[gnu::cold]] std::vector<Index> extents_of_tensor(const TensorSpec& spec);

}  // namespace detail
}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/network/transfer_inl.hpp>
#endif
