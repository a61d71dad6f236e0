/// \file
/// The class of a target: of a label, or of a weight for each class.
///
/// An output (H, W, C) says something of each pixel's C classes; a flat one, (1, 1, C), of one. Its target is either as
/// long, one-hot or soft, and the class is the one of the largest weight (the first of equal ones); or it has one value
/// for each pixel, the number of its class from 0 on.
#pragma once

#include <string_view>

#include <fkd/core/argmax.hpp>
#include <fkd/core/batch.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/error.hpp>

namespace fkd::detail {

template <class T>
class ClassTargetReader {
 public:
  /// Throws ShapeError unless `y` has at least 2 channels, and the target a label or C weights for each pixel. `who`
  /// and what the views refer to must outlive it.
  ClassTargetReader(std::string_view who, BatchView<const T> y, BatchView<const T> target, Index ignore_index)
      : who_{who}, target_{target}, classes_{y.shape.channels}, ignore_index_{ignore_index} {
    if (classes_ < 2) throw metric_expects_classes(who, y.shape);
    pixels_ = y.shape.size() / classes_;
    labels_ = target.shape.size() == pixels_;
    if (!labels_ && target.shape.size() != y.shape.size()) throw metric_targets_differ(who, y.shape, target.shape);
  }

  Index pixels() const { return pixels_; }
  Index classes() const { return classes_; }

  /// -1 where the class is unknown: a label that is NaN or `ignore_index`; weights one of which is NaN, or that are all
  /// zero. Throws ArgumentError for a label that is no class.
  Index operator()(Index n, Index p) const {
    const T* values = target_.data + n * target_.shape.size() + p * (labels_ ? 1 : classes_);
    if (labels_) return label(values[0], n, p);
    const Index best = argmax(values, classes_);
    return best >= 0 && values[best] == T{0} ? -1 : best;
  }

 private:
  Index label(const T& value, Index n, Index p) const {
    if (is_nan(value)) return -1;
    const auto got = static_cast<double>(value);
    if (got == static_cast<double>(ignore_index_)) return -1;
    if (!(got >= 0 && got < static_cast<double>(classes_)) || got != static_cast<double>(static_cast<Index>(got)))
      throw metric_label_is_no_class(who_, n, p, classes_, got);
    return static_cast<Index>(got);
  }

  std::string_view who_;
  BatchView<const T> target_;
  Index classes_, ignore_index_;
  Index pixels_ = 0;
  bool labels_ = false;
};

}  // namespace fkd::detail
