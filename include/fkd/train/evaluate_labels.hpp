/// \file
/// What a model chooses for the samples of a data source, against their labels.
#pragma once

#include <string>
#include <vector>

#include <fkd/metrics/confusion_matrix.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/data_source.hpp>

namespace fkd {

/// Of what `net` chooses for the samples of `data`, as they are in epoch 0: a class for each sample, or for each pixel.
/// Targets are labels, or weights of the classes: see class_targets.hpp. Unknown ones are left out. Of a network with
/// one output channel the classes are 0 and 1, and a target above one half is 1. Throws ShapeError where data and model
/// do not fit, NonFiniteError where an output is NaN.
template <class T>
[[gnu::cold]] ConfusionMatrix confusion_matrix(const Model<T>& net, const DataSource<T>& data,
                                               std::vector<std::string> names = {}, Index ignore_index = -100);

/// The label of each sample as it is in epoch 0, `unknown_label` where it is not known: for a stratified split, or to
/// count classes. Of a target with one value the number, of one with several values their largest's place. Throws
/// ArgumentError for a value that is no whole number of at least 0, or for a target whose weights are those of several
/// pixels.
template <class T>
[[gnu::cold]] std::vector<Index> target_labels(const DataSource<T>& data, Index ignore_index = -100);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/evaluate_labels_inl.hpp>
#endif
