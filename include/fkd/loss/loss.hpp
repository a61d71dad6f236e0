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
#pragma once

#include <concepts>
#include <memory>
#include <string_view>

#include <fkd/core/batch.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>

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

template <class Kind, class T>
concept HasMeasure = requires(const Kind& loss, BatchView<const T> y, T* d_y) {
  { loss.measure(y, y, d_y) } -> std::same_as<LossSum>;
};
template <class Kind, class T>
concept IsMeasure = requires(const Kind& loss, BatchView<const T> y, T* d_y) {
  { loss(y, y, d_y) } -> std::same_as<LossSum>;
};

template <class T, class Kind>
LossSum measure(const Kind& loss, BatchView<const T> y, BatchView<const T> target, T* d_y) {
  if constexpr (HasMeasure<Kind, T>) {
    return loss.measure(y, target, d_y);
  } else if constexpr (IsMeasure<Kind, T>) {
    return loss(y, target, d_y);
  } else {
    throw is_for_another_scalar("loss", sizeof(T) == sizeof(float));
  }
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

  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y) const {
    if (y.shape.size() != target.shape.size()) throw targets_differ("loss", y.shape, target.shape);
    if (y.samples != target.samples) throw sample_counts_differ("loss", y.samples, target.samples);
    const LossSum loss = held_->measure(y, target, d_y);
    if (!is_finite(loss.count) || loss.count < 0) throw loss_has_no_count(loss.count);
    return loss;
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual LossSum measure(BatchView<const float>, BatchView<const float>, float*) const = 0;
    virtual LossSum measure(BatchView<const double>, BatchView<const double>, double*) const = 0;
  };
  template <class L>
  struct Held final : Interface {
    static_assert(detail::HasMeasure<L, float> || detail::IsMeasure<L, float> || detail::HasMeasure<L, double> ||
                      detail::IsMeasure<L, double>,
                  "a loss has LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y) const, with T "
                  "float, double or a template's argument, or is a function of these that returns a LossSum");
    explicit Held(L l) : loss{std::move(l)} {}
    LossSum measure(BatchView<const float> y, BatchView<const float> target, float* d_y) const override {
      return detail::measure<float>(loss, y, target, d_y);
    }
    LossSum measure(BatchView<const double> y, BatchView<const double> target, double* d_y) const override {
      return detail::measure<double>(loss, y, target, d_y);
    }
    L loss;
  };
  std::shared_ptr<const Interface> held_;
};

}  // namespace fkd
