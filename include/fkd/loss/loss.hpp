/// \file
/// The loss contract, and `Loss`, which holds any loss (type erasure).
///
/// A loss is a struct with
///
///     template <class T> LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y) const;
///
/// or a function of the same arguments, such as a lambda:
///
///     options.loss = [](fkd::BatchView<const float> y, fkd::BatchView<const float> target, float* d_y) {
///       fkd::LossSum loss;
///       ...
///       return loss;
///     };
///
/// It may support float or double alone; a model of the other type then ends in an ArgumentError. It returns the
/// batch's loss as a sum and a count, so that an epoch's cost is the sum of sums over the sum of counts, for any batch
/// size. Unless `d_y` is null, it assigns the gradient of `sum / count` to it. A count of 0 means that no target is
/// known: then the gradient must be zero, and training takes no step.
///
/// Samples may have weights, `Σ w sum / Σ w count`: one of weight 2 counts as if it were there twice, one of weight 0
/// as if it were not. (PyTorch's class weights are such a weighted mean. Keras divides by the number of samples
/// instead.) A loss as above is measured sample by sample for that. Where its value for a batch is no sum over samples,
/// or to be faster, it takes the weights itself, one for each sample, or none where all are 1:
///
///     template <class T> LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y,
///                                        std::span<const double> weights) const;
///
/// A loss may also have
///
///     bool accepts(Shape y, Shape target) const    default: whether they have as many values
///     void validate() const                        throws ArgumentError for invalid hyper-parameters
///     static constexpr bool takes_logits = true    it applies softmax or sigmoid itself: `fit` refuses a network whose
///                                                  last layer is one of these
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <fkd/backends/reference/value_loss.hpp>
#include <fkd/core/batch.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/loss/error.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/threads.hpp>

namespace fkd {

/// `sum / count` is the loss. Sums are in double for float networks too.
struct LossSum {
  double sum = 0;
  double count = 0;
  /// NaN where no target is known.
  double mean() const { return count > 0 ? sum / count : unknown<double>; }
  LossSum& operator+=(const LossSum& other) {
    sum += other.sum;
    count += other.count;
    return *this;
  }
};

namespace detail {

/// Throws unless there is a weight for each sample, or none at all.
[[gnu::cold]] inline void check_sample_weights(std::string_view who, Index samples, std::span<const double> weights) {
  if (!weights.empty() && static_cast<Index>(weights.size()) != samples)
    throw value_counts_differ(format_message({who, ": sample_weights"}), samples, static_cast<Index>(weights.size()));
  for (std::size_t n = 0; n < weights.size(); ++n)
    if (!is_finite(weights[n]) || weights[n] < 0)
      throw sample_weight_is_out_of_range(who, static_cast<Index>(n), weights[n]);
}

template <class Kind, class T>
concept HasMeasure = requires(const Kind& loss, BatchView<const T> y, T* d_y) {
  { loss.measure(y, y, d_y) } -> std::same_as<LossSum>;
};
template <class Kind, class T>
concept IsMeasure = requires(const Kind& loss, BatchView<const T> y, T* d_y) {
  { loss(y, y, d_y) } -> std::same_as<LossSum>;
};

template <class Kind, class T>
concept HasWeightedMeasure = requires(const Kind& loss, BatchView<const T> y, T* d_y, std::span<const double> weights) {
  { loss.measure(y, y, d_y, weights) } -> std::same_as<LossSum>;
};
template <class Kind, class T>
concept IsWeightedMeasure = requires(const Kind& loss, BatchView<const T> y, T* d_y, std::span<const double> weights) {
  { loss(y, y, d_y, weights) } -> std::same_as<LossSum>;
};
template <class Kind, class T>
concept Measures =
    HasMeasure<Kind, T> || IsMeasure<Kind, T> || HasWeightedMeasure<Kind, T> || IsWeightedMeasure<Kind, T>;

template <class T, class Kind>
LossSum measure(const Kind& loss, BatchView<const T> y, BatchView<const T> target, T* d_y) {
  if constexpr (HasMeasure<Kind, T>) {
    return loss.measure(y, target, d_y);
  } else {
    return loss(y, target, d_y);
  }
}

/// The weighted loss of samples that are measured one by one.
template <class T, class Kind>
[[gnu::cold]] LossSum measure_each(const Kind& loss, BatchView<const T> y, BatchView<const T> target, T* d_y,
                                   std::span<const double> weights) {
  LossSum total;
  std::vector<double> counts(weights.size());
  const Index size = y.shape.size();
  for (Index n = 0; n < y.samples; ++n) {
    const double weight = weights[static_cast<std::size_t>(n)];
    if (weight == 0) continue;
    const LossSum one = measure<T>(loss, {y.sample(n), y.shape, 1}, {target.sample(n), target.shape, 1},
                                   d_y ? d_y + n * size : nullptr);
    counts[static_cast<std::size_t>(n)] = weight * one.count;
    total += {weight * one.sum, weight * one.count};
  }
  if (d_y == nullptr) return total;
  for (Index n = 0; n < y.samples; ++n) {
    const double share = counts[static_cast<std::size_t>(n)];
    for (T* d = d_y + n * size; d < d_y + (n + 1) * size; ++d)
      *d = share == 0 ? T{0} : static_cast<T>(static_cast<double>(*d) * (share / total.count));
  }
  return total;
}

template <class T, class Kind>
LossSum measure(const Kind& loss, BatchView<const T> y, BatchView<const T> target, T* d_y,
                std::span<const double> weights) {
  if constexpr (HasWeightedMeasure<Kind, T>) {
    return loss.measure(y, target, d_y, weights);
  } else if constexpr (IsWeightedMeasure<Kind, T>) {
    return loss(y, target, d_y, weights);
  } else if constexpr (Measures<Kind, T>) {
    return weights.empty() ? measure<T>(loss, y, target, d_y) : measure_each<T>(loss, y, target, d_y, weights);
  } else {
    throw is_for_another_scalar("loss", sizeof(T) == sizeof(float));
  }
}

}  // namespace detail

namespace detail {

/// The loss of values that is, for each sample, `sum_of(operands, dims)`: value_loss.hpp. Sample by sample, on all
/// threads, their sums added in order: the same bits for every number of threads. `operations` are those of a value.
template <class T, class F>
LossSum measure_values(BatchView<const T> y, BatchView<const T> target, T* d_y, std::span<const double> weights,
                       Index operations, const F& sum_of) {
  const Index size = y.shape.size();
  const auto weight = [&](Index n) { return weights.empty() ? 1 : weights[static_cast<std::size_t>(n)]; };
  LossSum total;
  for (Index n = 0; n < y.samples; ++n) total.count += reference::known_count(target.data + n * size, size, weight(n));
  std::vector<double> sums(static_cast<std::size_t>(y.samples));
  run_tasks(
      y.samples,
      [&](Index n, int) {
        sums[static_cast<std::size_t>(n)] = sum_of(
            reference::LossOperands<T>{
                .d_y = d_y ? d_y + n * size : nullptr, .y = y.data + n * size, .target = target.data + n * size},
            reference::LossDims{.size = size, .weight = weight(n), .count = total.count});
      },
      threads_for(saturated(checked_product(operations, y.size()))));
  for (const double sum : sums) total.sum += sum;
  return total;
}

}  // namespace detail

/// Any loss as one type, so that options which hold one are not templates.
class Loss {
 public:
  template <class L>
  requires(!std::same_as<L, Loss>) Loss(L loss)
      : held_{static_cast<const Interface*>(new Held<L>(std::move(loss)))} {}  // NOLINT: implicit
  // Moving copies: a moved-from loss stays valid.
  Loss(const Loss&) = default;
  Loss& operator=(const Loss&) = default;
  ~Loss() = default;

  /// Throws ShapeError where shapes or counts do not fit, ArgumentError for a weight that is no number of at least 0.
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y, std::span<const double> weights = {}) const {
    check_target("loss", y.shape, target.shape);
    if (y.samples != target.samples) throw sample_counts_differ("loss", y.samples, target.samples);
    detail::check_sample_weights("loss", y.samples, weights);
    const LossSum loss = held_->measure(y, target, d_y, weights);
    if (!is_finite(loss.count) || loss.count < 0) throw loss_has_no_count(loss.count);
    return loss;
  }
  /// Throws ShapeError unless the loss takes targets of this shape for outputs of that.
  void check_target(std::string_view who, Shape y, Shape target) const {
    if (!held_->accepts(y, target)) throw targets_differ(who, y, target);
  }
  void validate() const { held_->validate(); }
  /// Whether it applies softmax or sigmoid itself.
  bool takes_logits() const { return held_->takes_logits(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual bool accepts(Shape y, Shape target) const = 0;
    virtual void validate() const = 0;
    virtual bool takes_logits() const = 0;
    virtual LossSum measure(BatchView<const float>, BatchView<const float>, float*, std::span<const double>) const = 0;
    virtual LossSum measure(BatchView<const double>, BatchView<const double>, double*,
                            std::span<const double>) const = 0;
  };
  template <class L>
  struct Held final : Interface {
    static_assert(detail::Measures<L, float> || detail::Measures<L, double>,
                  "a loss has LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y) const, with T "
                  "float, double or a template's argument, or is a function of these that returns a LossSum");
    explicit Held(L l) : loss{std::move(l)} {}
    bool accepts(Shape y, Shape target) const override {
      if constexpr (requires { loss.accepts(y, target); }) {
        return loss.accepts(y, target);
      } else {
        return y.size() == target.size();
      }
    }
    void validate() const override {
      if constexpr (requires { loss.validate(); }) loss.validate();
    }
    bool takes_logits() const override {
      if constexpr (requires { L::takes_logits; }) {
        return L::takes_logits;
      } else {
        return false;
      }
    }
    LossSum measure(BatchView<const float> y, BatchView<const float> target, float* d_y,
                    std::span<const double> weights) const override {
      return detail::measure<float>(loss, y, target, d_y, weights);
    }
    LossSum measure(BatchView<const double> y, BatchView<const double> target, double* d_y,
                    std::span<const double> weights) const override {
      return detail::measure<double>(loss, y, target, d_y, weights);
    }
    L loss;
  };
  std::shared_ptr<const Interface> held_;
};

}  // namespace fkd
