/// \file
/// Where training samples come from: an interface, and the simplest case, a dataset in memory.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/error.hpp>

namespace fkd {

/// Samples by number. Augmentation lives here: a sample may depend on the epoch, but must be a function of its
/// arguments.
template <class T>
class DataSource {
 public:
  virtual ~DataSource() = default;
  virtual Index size() const = 0;          ///< number of samples
  virtual Shape input_shape() const = 0;   ///< of x
  virtual Shape target_shape() const = 0;  ///< of y
  /// Assigns sample `index` (0 <= index < size()) of an epoch; `x` and `y` are as long as the shapes say. Called from
  /// many threads at once.
  virtual void sample(Index index, Index epoch, std::span<T> x, std::span<T> y) const = 0;
  /// What a sample counts in the loss, at least 0: one of weight 2 as if it were there twice. See weighted.hpp.
  virtual double weight(Index /*index*/) const { return 1; }
};

/// Samples in memory, values of type `Pixel` (one byte a pixel, say), scaled by a factor when they are read.
template <class T, class Pixel = T>
class Dataset final : public DataSource<T> {
 public:
  /// Throws ShapeError unless there are as many targets as inputs.
  Dataset(Batch<Pixel> x, Batch<T> y, T scale = 1) : x_{std::move(x)}, y_{std::move(y)}, scale_{scale} {
    if (x_.samples() != y_.samples()) throw sample_counts_differ("Dataset", x_.samples(), y_.samples());
  }
  Index size() const override { return x_.samples(); }
  Shape input_shape() const override { return x_.shape(); }
  Shape target_shape() const override { return y_.shape(); }
  /// Throws ArgumentError for an index out of range, ShapeError for an `x` or a `y` of another length.
  void sample(Index index, Index /*epoch*/, std::span<T> x, std::span<T> y) const override {
    const std::span<const Pixel> pixels = x_.sample(index);
    const std::span<const T> target = y_.sample(index);
    if (x.size() != pixels.size() || y.size() != target.size())
      throw value_counts_differ("Dataset: sample", static_cast<Index>(pixels.size() + target.size()),
                                static_cast<Index>(x.size() + y.size()));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(pixels[i]) * scale_;
    std::copy(target.begin(), target.end(), y.begin());
  }
  const Batch<Pixel>& x() const& { return x_; }
  const Batch<T>& y() const& { return y_; }
  void x() && = delete;
  void y() && = delete;

 private:
  Batch<Pixel> x_;
  Batch<T> y_;
  T scale_;
};

/// Some samples of another source, by number: a validation split, for example. It refers to the source, which must
/// outlive it, or shares its ownership.
template <class T>
class Subset final : public DataSource<T> {
 public:
  /// Throws ArgumentError for an index that the source does not have.
  Subset(const DataSource<T>& source, std::vector<Index> indices) : source_{&source}, indices_{std::move(indices)} {
    for (const Index index : indices_) check_number("Subset: index", source.size(), index);
  }
  /// Of a source that ends with the statement there would be nothing left: give it a name, or a shared pointer.
  Subset(const DataSource<T>&& source, std::vector<Index> indices) = delete;
  /// The same, and keeps the source alive. Throws ArgumentError for a null pointer, too.
  Subset(std::shared_ptr<const DataSource<T>> source, std::vector<Index> indices)
      : Subset{source ? *source : throw data_must_not_be_null("Subset", static_cast<Index>(indices.size())),
               std::move(indices)} {
    owned_ = std::move(source);
  }
  Index size() const override { return static_cast<Index>(indices_.size()); }
  Shape input_shape() const override { return source_->input_shape(); }
  Shape target_shape() const override { return source_->target_shape(); }
  /// Throws ArgumentError for an index out of range.
  void sample(Index index, Index epoch, std::span<T> x, std::span<T> y) const override {
    check_number("Subset: sample", size(), index);
    source_->sample(indices_[static_cast<std::size_t>(index)], epoch, x, y);
  }
  double weight(Index index) const override {
    check_number("Subset: weight", size(), index);
    return source_->weight(indices_[static_cast<std::size_t>(index)]);
  }
  const std::vector<Index>& indices() const& { return indices_; }
  void indices() && = delete;

 private:
  std::shared_ptr<const DataSource<T>> owned_;
  const DataSource<T>* source_;
  std::vector<Index> indices_;
};

}  // namespace fkd
