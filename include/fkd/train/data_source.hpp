/// \file
/// Where training samples come from: an interface, and the simplest case, a dataset in memory.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <fkd/batch.hpp>
#include <fkd/error.hpp>

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
  /// Assigns sample `index` (0 <= index < size()) of an epoch. Called from many threads at once.
  virtual void sample(Index index, Index epoch, std::span<T> x, std::span<T> y) const = 0;
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
  void sample(Index index, Index /*epoch*/, std::span<T> x, std::span<T> y) const override {
    const std::span<const Pixel> pixels = x_.sample(index);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(pixels[i]) * scale_;
    const std::span<const T> target = y_.sample(index);
    std::copy(target.begin(), target.end(), y.begin());
  }
  const Batch<Pixel>& x() const { return x_; }
  const Batch<T>& y() const { return y_; }

 private:
  Batch<Pixel> x_;
  Batch<T> y_;
  T scale_;
};

/// Some samples of another source, by number: a validation split, for example. The source must outlive it.
template <class T>
class Subset final : public DataSource<T> {
 public:
  Subset(const DataSource<T>& source, std::vector<Index> indices) : source_{&source}, indices_{std::move(indices)} {}
  Index size() const override { return static_cast<Index>(indices_.size()); }
  Shape input_shape() const override { return source_->input_shape(); }
  Shape target_shape() const override { return source_->target_shape(); }
  void sample(Index index, Index epoch, std::span<T> x, std::span<T> y) const override {
    source_->sample(indices_[static_cast<std::size_t>(index)], epoch, x, y);
  }
  const std::vector<Index>& indices() const { return indices_; }

 private:
  const DataSource<T>* source_;
  std::vector<Index> indices_;
};

}  // namespace fkd
