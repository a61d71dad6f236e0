/// \file
/// The batches of an epoch: its samples in a random order, or in their own, a batch of them in memory at a time.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/random.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/fit_options.hpp>

namespace fkd::detail {

template <class T>
class EpochBatches {
 public:
  EpochBatches(const DataSource<T>& data, const FitOptions& options) : data_{data}, options_{options} {}

  /// The order of an epoch, 0 for the first, is a function of the seed and of its number.
  [[gnu::cold]] void begin(Index epoch) {
    epoch_ = epoch;
    order_ = std::vector<Index>(static_cast<std::size_t>(data_.size()));
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<Index>(i);
    if (options_.shuffle)
      order_ = random_order(data_.size(), Random{options_.seed, Purpose::shuffle, static_cast<std::uint64_t>(epoch)});
  }

  Index count() const { return div_ceil(data_.size(), options_.batch_size); }
  /// Samples before batch `i`, 0 for the first; before `count()`, all.
  Index samples_before(Index i) const { return (std::min)(i * options_.batch_size, data_.size()); }
  /// The numbers of its samples in the data source.
  std::span<const Index> samples(Index i) const {
    return {order_.data() + samples_before(i), static_cast<std::size_t>(samples_before(i + 1) - samples_before(i))};
  }
  /// Reads batch `i` into `x()` and `target()`, on all threads.
  [[gnu::cold]] void read(Index i) {
    read_batch(data_, samples(i), epoch_, x_, target_);
    read_weights(data_, samples(i), weights_);
  }
  const Batch<T>& x() const { return x_; }
  const Batch<T>& target() const { return target_; }
  /// One for each sample; none where all are 1.
  const std::vector<double>& weights() const { return weights_; }

 private:
  const DataSource<T>& data_;
  const FitOptions& options_;
  Index epoch_ = 0;
  std::vector<Index> order_;
  Batch<T> x_, target_;
  std::vector<double> weights_;
};

}  // namespace fkd::detail
