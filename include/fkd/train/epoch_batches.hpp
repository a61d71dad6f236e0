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

namespace fkd {

/// How an epoch is cut into batches: what FitOptions call the same.
struct BatchOptions {
  Index batch_size = 32;  ///< the last batch of an epoch is smaller where the samples do not divide
  Seed seed = {};         ///< of the order
  bool shuffle = true;
};

}  // namespace fkd

namespace fkd::detail {

/// Samples of a whole step.
inline Index samples_of_step(Index batch_size, Index accumulate) {
  return saturated(checked_product(batch_size, accumulate));
}

template <class T>
class EpochBatches {
 public:
  /// `accumulate` batches are a step.
  EpochBatches(const DataSource<T>& data, const BatchOptions& options, Index accumulate = 1)
      : data_{data}, options_{options}, step_{samples_of_step(options.batch_size, accumulate)} {}

  /// The order of an epoch, 0 for the first, is a function of the seed and of its number.
  [[gnu::cold]] void begin(Index epoch) {
    epoch_ = epoch;
    order_ = std::vector<Index>(static_cast<std::size_t>(data_.size()));
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<Index>(i);
    if (options_.shuffle)
      order_ = random_order(data_.size(), Random{options_.seed, Purpose::shuffle, static_cast<std::uint64_t>(epoch)});
  }

  /// Steps of an epoch, each of `accumulate` batches; the last may have fewer, and the last batch fewer samples.
  Index steps() const { return div_ceil(data_.size(), step_); }
  /// The step before which there are so many samples.
  Index step_at(Index samples) const { return div_ceil(samples, step_); }
  /// Samples before step `i`, 0 for the first; before `steps()`, all.
  Index samples_before(Index i) const { return (std::min)(saturated(checked_product(i, step_)), data_.size()); }
  /// Batches of step `i`.
  Index in_step(Index i) const { return div_ceil(samples_before(i + 1) - samples_before(i), options_.batch_size); }
  /// The numbers in the data source of the samples of batch `b` of step `i`.
  std::span<const Index> samples(Index i, Index b) const {
    const Index first = samples_before(i) + b * options_.batch_size;
    return {order_.data() + first,
            static_cast<std::size_t>((std::min)(options_.batch_size, samples_before(i + 1) - first))};
  }
  /// Reads that batch into `x()`, `target()` and `weights()`, on all threads.
  [[gnu::cold]] void read(Index i, Index b) {
    read_batch(data_, samples(i, b), epoch_, x_, target_);
    read_weights(data_, samples(i, b), weights_);
  }
  const Batch<T>& x() const { return x_; }
  const Batch<T>& target() const { return target_; }
  /// One for each sample; none where all are 1.
  const std::vector<double>& weights() const { return weights_; }

 private:
  const DataSource<T>& data_;
  BatchOptions options_;
  Index step_;  // samples of a whole step
  Index epoch_ = 0;
  std::vector<Index> order_;
  Batch<T> x_, target_;
  std::vector<double> weights_;
};

}  // namespace fkd::detail
