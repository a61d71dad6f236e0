/// \file
/// Splitting data into a part to train on and a part to validate with.
///
///     const auto [training, validation] = fkd::split(data, 0.2, fkd::Seed{1});
///     const auto [training, validation] = fkd::split(data, 0.2, fkd::Seed{1}, {.stratify = true});
///
/// Both parts are views: `Subset`s, which refer to the source. Which samples go where is a function of the seed, the
/// share and the number of samples (stratified: and the labels) alone, so a program that is started again, or resumes a
/// training, gets the same parts. Each part has its samples in the order of the source.
///
/// The validation part has share · N samples, rounded to the nearest whole number, a half up; the training part has the
/// rest. Stratified, every class has its share of both parts: share · n samples of its n are held out, rounded down or
/// up such that they add up to the same total (the largest remainders are rounded up, of equal ones the smaller class
/// numbers), but at least one sample and at most n - 1.
///
/// Keras: fit(validation_split=share), which takes the last samples, as `{.shuffle = false}` does here. scikit-learn:
/// train_test_split(test_size=share, stratify=y), which rounds up. PyTorch: random_split(data, [0.8, 0.2], generator).
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <fkd/core/random.hpp>
#include <fkd/train/data_error.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/evaluate_labels.hpp>

namespace fkd {

struct SplitOptions {
  bool stratify = false;  ///< every class has its share of both parts: reads the labels of all samples' targets
  bool shuffle = true;    ///< false: the last samples are held out (of each class, if stratified), as of a time series
};

/// Numbers of samples, ascending.
struct SplitIndices {
  std::vector<Index> training, validation;
};

/// Of so many samples. Throws ArgumentError for a share that is not above 0 and below 1, and where a part would be
/// empty.
[[gnu::cold]] SplitIndices split_indices(Index samples, double share, Seed seed, bool shuffle = true);
/// The same, stratified: a label of at least 0 for each sample. Throws ArgumentError for one below 0, for a class of
/// one sample, and where a part cannot hold a sample of each class, too.
[[gnu::cold]] SplitIndices split_indices(std::span<const Index> labels, double share, Seed seed, bool shuffle = true);

template <class T>
struct Split {
  Subset<T> training, validation;
};

/// The source must outlive the parts. Throws as `split_indices`, and stratified as `target_labels`.
template <class T>
[[gnu::cold]] Split<T> split(const DataSource<T>& data, double share, Seed seed, SplitOptions options = {});
/// Of a source that ends with the statement there would be nothing left: give it a name, or a shared pointer.
template <class T>
Split<T> split(const DataSource<T>&& data, double share, Seed seed, SplitOptions options = {}) = delete;
/// The same, and the parts keep the source alive. Throws ArgumentError for a null pointer, too.
template <class T>
[[gnu::cold]] Split<T> split(std::shared_ptr<const DataSource<T>> data, double share, Seed seed,
                             SplitOptions options = {});

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/split_inl.hpp>
#endif
