/// \file
/// The confusion matrix: how often each class was taken for each other one, and what follows from that.
///
///     const fkd::ConfusionMatrix m = fkd::confusion_matrix(labels, fkd::predict_labels(net, x), 3);
///     std::cout << m.table();
///
/// Rows are the true classes, columns the chosen ones, as in scikit-learn and torchmetrics. Of class c, with TP samples
/// of it that were found, FN that were not, and FP of others that were taken for it:
///
///     precision = TP / (TP + FP),   recall = TP / (TP + FN),   F1 = 2 TP / (2 TP + FP + FN)
///
/// Where such a share has nothing to divide by it is NaN: the precision of a class that was never chosen, the recall of
/// one that never occurs. (scikit-learn warns and takes 0; in a mean over classes the undefined ones are left out
/// here.)
#pragma once

#include <concepts>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/metrics/error.hpp>

namespace fkd {

class ConfusionMatrix {
 public:
  /// No samples yet. `names` are the classes' names; none: their numbers. Throws ArgumentError unless there is a class,
  /// and a name for each if any.
  [[gnu::cold]] explicit ConfusionMatrix(Index classes, std::vector<std::string> names = {});

  /// Adds `count` samples of class `label` for which `predicted` was chosen. Throws ArgumentError for what is no class.
  [[gnu::cold]] void add(Index label, Index predicted, Index count = 1);

  Index classes() const { return classes_; }
  /// How many samples of class `label` were taken for `predicted`. Throws ArgumentError for what is no class.
  [[gnu::cold]] Index count(Index label, Index predicted) const;
  Index samples() const;
  Index correct() const;
  /// Samples of the class, and samples taken for it.
  [[gnu::cold]] Index samples_of(Index label) const;
  [[gnu::cold]] Index predicted_as(Index label) const;

  /// The share of samples that are right; NaN where there are none.
  double accuracy() const;
  [[gnu::cold]] double precision(Index label) const;
  [[gnu::cold]] double recall(Index label) const;
  [[gnu::cold]] double f1(Index label) const;
  /// Means over the classes for which they are defined (scikit-learn: average="macro"); the mean recall is also called
  /// balanced accuracy.
  double mean_precision() const;
  double mean_recall() const;
  double mean_f1() const;

  const std::string& name(Index label) const;

  /// As text, a line for each class: how often it was taken for each class, then its precision, recall and F1 in
  /// percent; in the last line their means, and how many samples of all are right.
  [[gnu::cold]] std::string table() const;

 private:
  double mean(double (ConfusionMatrix::*share)(Index) const) const;

  Index classes_ = 0;
  std::vector<Index> counts_;  // (label, predicted)
  std::vector<std::string> names_;
};

/// Of labels and predictions, whole numbers from 0 to classes - 1, in any two ranges of one length. Throws
/// ArgumentError for what is no class, and where the lengths differ.
template <class Labels, class Predicted>
[[gnu::cold]] ConfusionMatrix confusion_matrix(const Labels& labels, const Predicted& predicted, Index classes,
                                               std::vector<std::string> names = {}) {
  static_assert(std::integral<std::remove_cvref_t<decltype(*std::begin(labels))>> &&
                    std::integral<std::remove_cvref_t<decltype(*std::begin(predicted))>>,
                "confusion_matrix takes whole numbers, from 0 to classes - 1");
  ConfusionMatrix matrix{classes, std::move(names)};
  const auto count = static_cast<Index>(std::size(labels)), others = static_cast<Index>(std::size(predicted));
  if (count != others) throw class_counts_differ("confusion_matrix", count, others);
  auto chosen = std::begin(predicted);
  for (const auto label : labels) matrix.add(static_cast<Index>(label), static_cast<Index>(*chosen++));
  return matrix;
}

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/metrics/confusion_matrix_inl.hpp>
#endif
