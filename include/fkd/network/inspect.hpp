/// \file
/// Seeing inside: a network's layers as a table and as text, every layer's output for some samples, and the time it
/// takes.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/network/model.hpp>

namespace fkd {

/// One line of a summary. Line 0 is the Input.
struct LayerLine {
  std::string name;  ///< like `1.conv2d`
  Shape out = {};
  Index parameters = 0;  ///< trained values
  Index state = 0;       ///< values of state tensors
  Index flops = 0;       ///< of one sample's forward pass, a multiply-add counting 2
};

namespace detail {

[[gnu::cold]] std::vector<LayerLine> layer_table(Shape input, const std::vector<LayerInfo>& layers);

/// The four columns of a line.
using SummaryRow = std::array<std::string, 4>;

[[gnu::cold]] std::string summary(Shape input, const std::vector<LayerInfo>& layers);

}  // namespace detail

/// The layers of a model, the Input first.
template <class T>
std::vector<LayerLine> layer_table(const Model<T>& net);
/// The same of a network that has an Input.
template <Lowerable A>
std::vector<LayerLine> layer_table(const A& network) {
  return detail::layer_table(network.input, lower<float>(network).network->layers);
}

/// The layers as text, with totals and with the layers that others are made of; at the end, if there are any, the
/// values that are state, not trained.
template <class T>
std::string summary(const Model<T>& net);
template <Lowerable A>
std::string summary(const A& network) {
  return detail::summary(network.input, lower<float>(network).network->layers);
}

namespace detail {

/// A prediction after which every layer's output stands in the workspace: no op is fused.
template <class T>
[[gnu::cold]] Batch<T> record(const Model<T>& net, BatchView<const T> x, Workspace<T>& workspace,
                              std::vector<double>* seconds = nullptr);

/// Where the output of layer i stands afterwards; of the last one in `y`, and of layer -1 in `x`.
template <class T>
BatchView<const T> recorded(const Model<T>& net, BatchView<const T> x, BatchView<const T> y,
                            const Workspace<T>& workspace, Index i);

}  // namespace detail

/// The output of every layer for the samples `x`, the input itself first. Layers are run one by one, no op is fused;
/// the bits are the same, but behind a batch normalisation that prediction folds into a product.
template <class T>
[[gnu::cold]] std::vector<Batch<T>> activations(const Model<T>& net, BatchView<const std::type_identity_t<T>> x);

/// What a look at some values tells.
struct ValueStatistics {
  double least = 0, largest = 0, mean = 0;  ///< of the finite values
  double zeros = 0;                         ///< share of values that are zero, in [0, 1]
  Index not_finite = 0;                     ///< how many are NaN or infinite
};

template <class T>
ValueStatistics statistics(BatchView<const T> values);
template <class T>
ValueStatistics statistics(const Batch<T>& values);

/// Seconds that each layer's forward pass takes for the samples `x`, each layer by itself, in the order of the layers:
/// the median of `repeats`. Layers that a model fuses cost less than their sum.
template <class T>
[[gnu::cold]] std::vector<double> layer_seconds(const Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                                                int repeats = 3);

/// Where NaN or infinity first stands: 0 for the input itself, i for the output of layer i, -1 for nowhere.
template <class T>
[[gnu::cold]] Index first_non_finite_layer(const Model<T>& net, BatchView<const T> x, Workspace<T>& workspace);

/// The first layer whose output for `x` holds NaN or infinity, as the end of a sentence. Samples go through one by one.
template <class T>
[[gnu::cold]] std::string first_non_finite(const Model<T>& net, BatchView<const std::type_identity_t<T>> x);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/network/inspect_inl.hpp>
#endif
