/// \file
/// Targets for a classifier, made of labels.
#pragma once

#include <concepts>
#include <iterator>

#include <fkd/core/batch.hpp>
#include <fkd/core/error.hpp>

namespace fkd {

/// `(1, 1, classes)` for each label, a whole number from 0 to classes - 1: 1 at the label's place, 0 elsewhere.
/// `labels` is any range with a size, such as a std::vector<int>. Throws ArgumentError for a label that is no class.
template <class T = float, class Labels>
Batch<T> one_hot(const Labels& labels, Index classes) {
  using Label = std::remove_cvref_t<decltype(*std::begin(labels))>;
  static_assert(std::integral<Label>, "one_hot takes whole numbers, from 0 to classes - 1");
  if (classes < 1) throw option_is_out_of_range("one_hot: classes", "at least 1", classes);
  Batch<T> targets{{1, 1, classes}, static_cast<Index>(std::size(labels))};
  Index n = 0;
  for (const Label label : labels) {
    const auto number = static_cast<Index>(label);
    if (number < 0 || number >= classes) throw label_is_no_class(n, classes, number);
    targets.sample(n++)[static_cast<std::size_t>(number)] = T{1};
  }
  return targets;
}

}  // namespace fkd
