/// \file
/// The metric contract, and `Metric`, which holds any metric (type erasure).
///
///     options.metrics = {fkd::Accuracy{}, fkd::TopKAccuracy{.k = 3}};
///
/// A metric is a struct with
///
///     static constexpr std::string_view name                 or `std::string name() const`
///     template <class T> LossSum measure(BatchView<const T> y, BatchView<const T> target) const;
///
/// and, where its value is not `sum / count`, or more of it is better,
///
///     double result(LossSum total) const                     of the sums over all batches: RMSE has a square root here
///     static constexpr bool higher_is_better = true          for `EarlyStopping::monitor`; default: lower is better
///
/// Or it is a function of y and target, such as a lambda, and is given a name. So is a loss, by its mean:
///
///     options.metrics = {fkd::Accuracy{},
///                        {"huber", fkd::Huber{}},
///                        {"worst", [](fkd::BatchView<const float> y, fkd::BatchView<const float> target) {
///                           fkd::LossSum sum;
///                           ...
///                           return sum;
///                         }}};
///
/// It may support float or double alone; a model of the other type then ends in an ArgumentError. `y` is what the
/// network computes (logits, if it ends in them). Sums are in double, batch after batch, so a metric has the same bits
/// for any number of threads. A target that is NaN is unknown, and left out; where none is known the value is NaN.
/// Weights of samples are not looked at. (Keras: `metrics`; weighted ones are `weighted_metrics`.)
///
/// While training, a metric is measured on the outputs of the training passes, as in Keras: each batch before its step,
/// with dropout at work and batch normalisation by the batch. So it differs from `evaluate` on the same samples.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/loss/loss.hpp>
#include <fkd/metrics/error.hpp>

namespace fkd {

/// What a metric that is given a name can be told.
struct MetricOptions {
  bool higher_is_better = false;
};

namespace detail {

template <class M, class T>
concept HasMetricMeasure = requires(const M& metric, BatchView<const T> y) {
  { metric.measure(y, y) } -> std::same_as<LossSum>;
};
template <class M, class T>
concept IsMetricMeasure = requires(const M& metric, BatchView<const T> y) {
  { metric(y, y) } -> std::same_as<LossSum>;
};
template <class M, class T>
concept IsLossMeasure = requires(const M& loss, BatchView<const T> y, T* d_y) {
  { loss.measure(y, y, d_y) } -> std::same_as<LossSum>;
}
|| requires(const M& loss, BatchView<const T> y, T* d_y) {
  { loss(y, y, d_y) } -> std::same_as<LossSum>;
};
template <class M, class T>
concept MeasuresMetric = HasMetricMeasure<M, T> || IsMetricMeasure<M, T> || IsLossMeasure<M, T>;

template <class M>
concept HasNameFunction = requires(const M& metric) {
  { metric.name() } -> std::convertible_to<std::string>;
};
template <class M>
concept HasNameValue = requires(const M& metric) {
  { metric.name } -> std::convertible_to<std::string_view>;
};

template <class T, class M>
LossSum measure_metric(const M& metric, BatchView<const T> y, BatchView<const T> target) {
  if constexpr (HasMetricMeasure<M, T>) {
    return metric.measure(y, target);
  } else if constexpr (IsMetricMeasure<M, T>) {
    return metric(y, target);
  } else if constexpr (IsLossMeasure<M, T>) {
    if constexpr (requires { metric.measure(y, target, static_cast<T*>(nullptr)); }) {
      return metric.measure(y, target, static_cast<T*>(nullptr));
    } else {
      return metric(y, target, static_cast<T*>(nullptr));
    }
  } else {
    throw is_for_another_scalar("metric", sizeof(T) == sizeof(float));
  }
}

}  // namespace detail

/// Any metric as one type, so that options which hold some are not templates.
class Metric {
 public:
  /// Of a metric that has a name.
  template <class M>
  requires(!std::same_as<M, Metric>) Metric(M metric) {  // NOLINT: implicit
    static_assert(detail::HasNameFunction<M> || detail::HasNameValue<M>,
                  "a metric has a name, or is given one: fkd::Metric{\"a name\", metric}");
    std::string own;
    if constexpr (detail::HasNameFunction<M>) {
      own = metric.name();
    } else if constexpr (detail::HasNameValue<M>) {
      own = std::string_view{metric.name};
    }
    hold(std::move(own), std::move(metric), {});
  }
  /// The same under another name, or of a function. Throws ArgumentError for an empty name.
  template <class M>
  Metric(std::string its_name, M metric, MetricOptions options = {}) {
    hold(std::move(its_name), std::move(metric), options);
  }

  // Moving copies: a moved-from metric stays valid.
  Metric(const Metric&) = default;
  Metric& operator=(const Metric&) = default;
  ~Metric() = default;

  const std::string& name() const { return held_->name; }
  bool higher_is_better() const { return held_->higher_is_better; }

  /// Of one batch. Throws ShapeError or ArgumentError where the metric does, and for a count that is none.
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target) const {
    if (y.samples != target.samples) throw sample_counts_differ(name(), y.samples, target.samples);
    const LossSum sum = held_->measure(y, target);
    if (!is_finite(sum.count) || sum.count < 0) throw metric_has_no_count(name(), sum.count);
    return sum;
  }
  /// Of the sums over all batches; NaN where their count is 0.
  double result(const LossSum& total) const { return total.count > 0 ? held_->result(total) : unknown<double>; }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual LossSum measure(BatchView<const float>, BatchView<const float>) const = 0;
    virtual LossSum measure(BatchView<const double>, BatchView<const double>) const = 0;
    virtual double result(const LossSum& total) const = 0;
    std::string name = {};
    bool higher_is_better = false;
  };
  template <class M>
  struct Held final : Interface {
    static_assert(detail::MeasuresMetric<M, float> || detail::MeasuresMetric<M, double>,
                  "a metric has LossSum measure(BatchView<const T> y, BatchView<const T> target) const, with T float, "
                  "double or a template's argument, or is a function of these that returns a LossSum, or a loss");
    explicit Held(M m) : metric{std::move(m)} {}
    LossSum measure(BatchView<const float> y, BatchView<const float> target) const override {
      return detail::measure_metric<float>(metric, y, target);
    }
    LossSum measure(BatchView<const double> y, BatchView<const double> target) const override {
      return detail::measure_metric<double>(metric, y, target);
    }
    double result(const LossSum& total) const override {
      if constexpr (requires { metric.result(total); }) {
        return metric.result(total);
      } else {
        return total.mean();
      }
    }
    M metric;
  };

  template <class M>
  void hold(std::string its_name, M metric, const MetricOptions& options) {
    if (its_name.empty()) throw metric_needs_a_name();
    auto held = std::make_shared<Held<M>>(std::move(metric));
    held->name = std::move(its_name);
    held->higher_is_better = options.higher_is_better;
    if constexpr (requires { M::higher_is_better; }) held->higher_is_better = M::higher_is_better;
    held_ = std::move(held);
  }

  std::shared_ptr<const Interface> held_;
};

/// The sums of a metric over some batches.
struct MetricSum {
  std::string name;
  LossSum total = {};
};

/// A metric's value for an epoch: of the training passes, and of the validation data.
struct MetricValue {
  std::string name;
  double training = unknown<double>;
  double validation = unknown<double>;  ///< NaN if there is no validation data
};

namespace detail {

/// Throws ArgumentError for two metrics of one name, and ShapeError or ArgumentError where one does not take outputs
/// and targets of these shapes.
template <class T>
[[gnu::cold]] void check_metrics(std::string_view who, std::span<const Metric> metrics, Shape y, Shape target);

/// The place of the metric `name`. Throws ArgumentError, which lists what there is, where there is none.
template <class Named>
[[gnu::cold]] std::size_t find_metric(std::string_view who, const std::vector<Named>& metrics, std::string_view name) {
  std::string names;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const std::string* its = nullptr;
    if constexpr (requires { metrics[i].name(); }) {
      its = &metrics[i].name();
    } else {
      its = &metrics[i].name;
    }
    if (*its == name) return i;
    names.append(names.empty() ? "" : ", ").append(*its);
  }
  throw metric_does_not_exist(who, names, name);
}

template <class T>
void check_metrics(std::string_view who, std::span<const Metric> metrics, Shape y, Shape target) {
  const T none{};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (metrics[i].name() == metrics[j].name()) throw metric_is_named_twice(who, metrics[i].name());
    (void)metrics[i].measure<T>({&none, y, 0}, {&none, target, 0});  // of no samples: it looks at the shapes alone
  }
}

}  // namespace detail

}  // namespace fkd
