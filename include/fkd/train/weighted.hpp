/// \file
/// Samples with weights: what each counts in the loss, in training and in `evaluate`.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/loss/error.hpp>
#include <fkd/train/data_source.hpp>

namespace fkd {

/// Another source with a weight for each of its samples: 2 counts as if the sample were there twice, 0 as if it were
/// not. They multiply what weights the source has. (Keras: `sample_weight`; its loss divides by the number of samples,
/// this one by the sum of weights.) It refers to the source, which must outlive it, or shares its ownership.
template <class T>
class Weighted final : public DataSource<T> {
 public:
  /// Throws ShapeError unless there is a weight for each sample, ArgumentError unless each is a number of at least 0.
  Weighted(const DataSource<T>& source, std::vector<double> weights) : source_{&source}, weights_{std::move(weights)} {
    if (static_cast<Index>(weights_.size()) != source.size())
      throw sample_counts_differ("Weighted", source.size(), static_cast<Index>(weights_.size()));
    for (std::size_t n = 0; n < weights_.size(); ++n)
      if (!is_finite(weights_[n]) || weights_[n] < 0)
        throw sample_weight_is_out_of_range("Weighted", static_cast<Index>(n), weights_[n]);
  }
  /// Of a source that ends with the statement there would be nothing left: give it a name, or a shared pointer.
  Weighted(const DataSource<T>&& source, std::vector<double> weights) = delete;
  /// The same, and keeps the source alive. Throws ArgumentError for a null pointer, too.
  Weighted(std::shared_ptr<const DataSource<T>> source, std::vector<double> weights)
      : Weighted{source ? *source : throw data_must_not_be_null("Weighted", static_cast<Index>(weights.size())),
                 std::move(weights)} {
    owned_ = std::move(source);
  }
  Index size() const override { return source_->size(); }
  Shape input_shape() const override { return source_->input_shape(); }
  Shape target_shape() const override { return source_->target_shape(); }
  void sample(Index index, Index epoch, std::span<T> x, std::span<T> y) const override {
    source_->sample(index, epoch, x, y);
  }
  /// Throws ArgumentError for an index out of range.
  double weight(Index index) const override {
    check_number("Weighted: weight", size(), index);
    return weights_[static_cast<std::size_t>(index)] * source_->weight(index);
  }

 private:
  std::shared_ptr<const DataSource<T>> owned_;
  const DataSource<T>* source_;
  std::vector<double> weights_;
};

}  // namespace fkd
