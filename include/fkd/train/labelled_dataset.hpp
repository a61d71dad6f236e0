/// \file
/// Samples in memory with labels: for each sample the number of its class.
///
///     const fkd::LabelledDataset data{images, labels, {.classes = 10, .scale = 1.0 / 255}};
///
/// As a target each label is one value, which SoftmaxCrossEntropy and Accuracy take; or, with `one_hot`, a 1 at its
/// place among `classes` values, which every loss takes.
///
/// Keras: the labels that "sparse" losses take, and `to_categorical`; PyTorch: TensorDataset(x, y) with y of type long.
#pragma once

#include <algorithm>
#include <concepts>
#include <iterator>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/train/data_error.hpp>
#include <fkd/train/data_source.hpp>

namespace fkd {

/// A label that is unknown: its target is NaN, which losses and metrics leave out. PyTorch's `ignore_index`.
inline constexpr Index unknown_label = -100;

struct LabelOptions {
  Index classes = 0;     ///< how many there are; 0: one more than the largest label
  double scale = 1;      ///< multiplies the pixels when they are read
  bool one_hot = false;  ///< targets of `classes` values instead of one
};

/// Values of type `Pixel` (one byte a pixel, say) for a model of T. It owns both images and labels.
template <class T, class Pixel = T>
class LabelledDataset final : public DataSource<T> {
 public:
  /// `labels` is any range of whole numbers with a size, such as a std::vector<int> or a std::span<const Index>, one
  /// for each image. Throws ShapeError where there are as many of the one as of the other not, ArgumentError for a
  /// label that is neither a class nor `unknown_label`, where there is no class at all, or more than T can number
  /// (2^24, of float).
  template <class Labels>
  LabelledDataset(Batch<Pixel> x, const Labels& labels, LabelOptions options = {})
      : x_{std::move(x)}, classes_{options.classes}, scale_{static_cast<T>(options.scale)}, one_hot_{options.one_hot} {
    using Label = std::remove_cvref_t<decltype(*std::begin(labels))>;
    static_assert(std::integral<Label>, "labels are whole numbers, from 0 to classes - 1");
    for (const Label label : labels) labels_.push_back(index_of(label));
    check_labels();
  }

  Index size() const override { return x_.samples(); }
  Index classes() const { return classes_; }
  Shape input_shape() const override { return x_.shape(); }
  Shape target_shape() const override { return {1, 1, one_hot_ ? classes_ : 1}; }
  /// Throws ArgumentError for an index out of range, ShapeError for an `x` or a `y` of another length.
  void sample(Index index, Index /*epoch*/, std::span<T> x, std::span<T> y) const override {
    const std::span<const Pixel> pixels = x_.sample(index);
    if (x.size() != pixels.size() || static_cast<Index>(y.size()) != target_shape().size())
      throw value_counts_differ("LabelledDataset: sample", static_cast<Index>(pixels.size()) + target_shape().size(),
                                static_cast<Index>(x.size() + y.size()));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(pixels[i]) * scale_;
    const Index label = labels_[static_cast<std::size_t>(index)];
    const T value = label == unknown_label ? unknown<T> : one_hot_ ? T{0} : static_cast<T>(label);
    std::fill(y.begin(), y.end(), value);
    if (one_hot_ && label != unknown_label) y[static_cast<std::size_t>(label)] = T{1};
  }

  const Batch<Pixel>& x() const& { return x_; }
  const std::vector<Index>& labels() const& { return labels_; }
  void x() && = delete;
  void labels() && = delete;

 private:
  /// A label beyond Index is its largest, which is no class.
  template <class Label>
  static Index index_of(Label label) {
    const auto index = static_cast<Index>(label);
    return index < 0 && label > Label{0} ? (std::numeric_limits<Index>::max)() : index;
  }
  [[gnu::cold]] void check_labels() {
    if (static_cast<Index>(labels_.size()) != x_.samples())
      throw sample_counts_differ("LabelledDataset", x_.samples(), static_cast<Index>(labels_.size()));
    if (classes_ == 0 && !labels_.empty())
      classes_ = saturated(checked_sum((std::max)(*std::max_element(labels_.begin(), labels_.end()), Index{0}), 1));
    constexpr Index most = Index{1} << std::numeric_limits<T>::digits;  // the numbers below are exact in T
    if (classes_ < 1 || classes_ > most)
      throw option_is_out_of_range("LabelledDataset: classes", format_message({"1 to ", most}), classes_);
    for (std::size_t n = 0; n < labels_.size(); ++n)
      if ((labels_[n] < 0 || labels_[n] >= classes_) && labels_[n] != unknown_label)
        throw label_does_not_exist(static_cast<Index>(n), classes_, labels_[n]);
  }

  Batch<Pixel> x_;
  std::vector<Index> labels_;
  Index classes_ = 0;
  T scale_ = 1;
  bool one_hot_ = false;
};

/// Pixels of float or double are for a model of that type, others for one of float.
template <class Pixel, class Labels>
LabelledDataset(Batch<Pixel>, const Labels&)
    -> LabelledDataset<std::conditional_t<std::is_same_v<Pixel, double>, double, float>, Pixel>;
template <class Pixel, class Labels>
LabelledDataset(Batch<Pixel>, const Labels&, LabelOptions)
    -> LabelledDataset<std::conditional_t<std::is_same_v<Pixel, double>, double, float>, Pixel>;

}  // namespace fkd
