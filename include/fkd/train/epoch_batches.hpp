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

/// Samples of a whole step.
inline Index samples_of_step(const FitOptions& options) {
  return saturated(checked_product(options.batch_size, options.accumulate));
}

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

  /// Steps of an epoch, each of `accumulate` batches; the last may have fewer, and the last batch fewer samples.
  Index steps() const { return div_ceil(data_.size(), samples_of_step(options_)); }
  /// The step before which there are so many samples.
  Index step_at(Index samples) const { return div_ceil(samples, samples_of_step(options_)); }
  /// Samples before step `i`, 0 for the first; before `steps()`, all.
  Index samples_before(Index i) const {
    return (std::min)(saturated(checked_product(i, samples_of_step(options_))), data_.size());
  }
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
  const FitOptions& options_;
  Index epoch_ = 0;
  std::vector<Index> order_;
  Batch<T> x_, target_;
  std::vector<double> weights_;
};

}  // namespace fkd::detail
