/// \file
/// The batches of a data source, for a loop of one's own.
///
///     fkd::Batches batches{data, {.batch_size = 64, .seed = fkd::Seed{7}}};
///     for (fkd::Index epoch = 0; epoch < 10; ++epoch)
///       for (const auto& [x, target, weights] : batches.epoch(epoch))
///         fkd::train_step(net, x, target, state, gradients, {.sample_weights = weights});
///
/// They are those that `fit` takes with the same options, in the same order. A batch is read when it is its turn, on
/// all threads, and stands until the next.
///
/// Keras: Sequence, tf.data.Dataset.batch; PyTorch: DataLoader(dataset, batch_size, shuffle).
#pragma once

#include <cstddef>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/train/epoch_batches.hpp>

namespace fkd {

/// A batch, as long as its reader is at it. `weights` has one for each sample, or is empty where all are 1.
template <class T>
struct TrainingBatch {
  const Batch<T>& x;
  const Batch<T>& target;
  const std::vector<double>& weights;
};

/// It refers to the data source, which must outlive it.
template <class T>
class Batches {
 public:
  /// Throws ArgumentError for data without samples and for a batch size below 1.
  explicit Batches(const DataSource<T>& data, const BatchOptions& options = {}) : batches_{checked(data, options)} {}
  Batches(const DataSource<T>&& data, const BatchOptions& options = {}) = delete;

  /// How many an epoch has.
  Index size() const { return batches_.steps(); }

  /// The batches of an epoch, 0 for the first, to be run through once; another epoch's end it.
  class Epoch {
   public:
    struct End {};
    class Iterator {
     public:
      using value_type = TrainingBatch<T>;
      using difference_type = std::ptrdiff_t;
      TrainingBatch<T> operator*() const { return {batches_->x(), batches_->target(), batches_->weights()}; }
      Iterator& operator++() {
        ++i_;
        read();
        return *this;
      }
      void operator++(int) { ++*this; }
      bool operator==(End) const { return i_ >= batches_->steps(); }

     private:
      friend Epoch;
      explicit Iterator(detail::EpochBatches<T>& batches) : batches_{&batches} { read(); }
      void read() {
        if (i_ < batches_->steps()) batches_->read(i_, 0);
      }
      detail::EpochBatches<T>* batches_;
      Index i_ = 0;
    };
    Iterator begin() const { return Iterator{*batches_}; }
    End end() const { return {}; }

   private:
    friend Batches;
    explicit Epoch(detail::EpochBatches<T>& batches) : batches_{&batches} {}
    detail::EpochBatches<T>* batches_;
  };

  /// Throws ArgumentError for an epoch below 0.
  Epoch epoch(Index number) {
    if (number < 0) throw option_is_out_of_range("Batches: epoch", "at least 0", number);
    batches_.begin(number);
    return Epoch{batches_};
  }

 private:
  static detail::EpochBatches<T> checked(const DataSource<T>& data, BatchOptions options) {
    if (data.size() < 1) throw data_must_not_be_empty("Batches", data.size());
    if (options.batch_size < 1) throw option_is_out_of_range("Batches: batch_size", "at least 1", options.batch_size);
    return {data, options};
  }
  detail::EpochBatches<T> batches_;
};

}  // namespace fkd
