/// \file
/// What a classifier says: probabilities, and the class that it chooses.
///
///     const fkd::Batch<float> p = fkd::predict_probabilities(net, x);
///     const std::vector<fkd::Index> labels = fkd::predict_labels(net, x);
///
/// An output is (H, W, C), C classes for each pixel, or flat, (1, 1, C), C classes for each sample. Networks mostly end
/// in logits z, which their losses take:
///
///     softmax    p_c = exp(z_c - max) / Σ_k exp(z_k - max)     one of C classes: the p of a pixel sum to one
///     sigmoid    p_c = 1 / (1 + exp(-z_c))                     C questions of yes or no: several may be yes
///
/// in double; neither overflows for any logit. Keras and PyTorch leave this to the program: `tf.nn.softmax(
/// model.predict(x))`, `net(x).softmax(1)`.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/network/model.hpp>
#include <fkd/runtime/workspace.hpp>

namespace fkd {

/// How probabilities come from outputs.
enum class Probabilities {
  automatic,  ///< of one channel sigmoid, of several softmax; none where the network ends in one of these
  softmax,
  sigmoid
};

/// The probabilities of logits, for each pixel. NaN stays NaN: with softmax in all of its pixel's classes.
template <class T>
[[gnu::cold]] Batch<T> probabilities(BatchView<const T> logits, Probabilities kind = Probabilities::automatic);
template <class T>
Batch<T> probabilities(const Batch<T>& logits, Probabilities kind = Probabilities::automatic);

/// The class of the largest value of each pixel, sample after sample: as many as there are samples if the outputs are
/// flat. Of equal ones the first. Throws ShapeError for a single channel, which has no classes, NonFiniteError where a
/// value is NaN.
template <class T>
[[gnu::cold]] std::vector<Index> argmax(BatchView<const T> outputs);
template <class T>
std::vector<Index> argmax(const Batch<T>& outputs);

/// The network's outputs as probabilities. Where it ends in Softmax or Sigmoid (a view such as Flatten aside) they are
/// probabilities already and stay as they are; ArgumentError where the other one is asked for then. Throws as
/// `Model::predict`.
template <class T>
[[gnu::cold]] Batch<T> predict_probabilities(const Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                                             Probabilities kind = Probabilities::automatic);
template <class T>
[[gnu::cold]] Batch<T> predict_probabilities(const Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                                             Workspace<T>& workspace, Probabilities kind = Probabilities::automatic);

/// The class that the network chooses for each sample, or each pixel: of several channels the largest; of one channel 1
/// where its probability is above one half, else 0. Throws NonFiniteError where an output is NaN, and as
/// `Model::predict`.
template <class T>
[[gnu::cold]] std::vector<Index> predict_labels(const Model<T>& net, BatchView<const std::type_identity_t<T>> x);
template <class T>
[[gnu::cold]] std::vector<Index> predict_labels(const Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                                                Workspace<T>& workspace);

namespace detail {

/// The function that a network of these ops ends in, softmax or sigmoid; automatic where it is neither.
[[gnu::cold]] Probabilities last_function(const NetworkInfo& network, std::span<const OpInfo> ops,
                                          const OpInputs& reads);

/// Of outputs of a network that ends in `last`.
template <class T>
[[gnu::cold]] std::vector<Index> chosen_labels(BatchView<const T> outputs, Probabilities last);

}  // namespace detail
}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/metrics/classify_inl.hpp>
#endif
