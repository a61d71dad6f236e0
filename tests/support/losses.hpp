/// \file
/// Losses on batches written as lists, and their gradients against central differences.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <fkd/loss/loss.hpp>

namespace support {

template <class T = double>
fkd::Batch<T> batch(fkd::Shape shape, const std::vector<double>& values) {
  fkd::Batch<T> b{shape, static_cast<fkd::Index>(values.size()) / shape.size()};
  std::transform(values.begin(), values.end(), b.data(), [](double x) { return static_cast<T>(x); });
  return b;
}

struct Measured {
  fkd::LossSum loss;
  std::vector<double> gradient;
};

/// With and without a gradient, which must be the same; what the gradient's memory held must not matter.
template <class T = double>
Measured measure(const fkd::Loss& loss, fkd::Shape y_shape, const std::vector<double>& y, fkd::Shape target_shape,
                 const std::vector<double>& target, const std::vector<double>& weights = {}) {
  std::vector<T> gradient(y.size(), fkd::unknown<T>);
  const fkd::Batch<T> out = batch<T>(y_shape, y), wanted = batch<T>(target_shape, target);
  const fkd::LossSum sum = loss.measure<T>(out, wanted, gradient.data(), weights);
  const fkd::LossSum without = loss.measure<T>(out, wanted, nullptr, weights);
  CHECK(std::bit_cast<std::uint64_t>(without.sum) == std::bit_cast<std::uint64_t>(sum.sum));
  CHECK(without.count == sum.count);
  return {sum, {gradient.begin(), gradient.end()}};
}

/// The gradient against central differences of the mean: in double, with a step of h. Empty, or what differs.
inline std::string gradient_difference(const fkd::Loss& loss, fkd::Shape y_shape, std::vector<double> y,
                                       fkd::Shape target_shape, const std::vector<double>& target,
                                       const std::vector<double>& weights = {}, double h = 1e-5) {
  const std::vector<double> gradient = measure(loss, y_shape, y, target_shape, target, weights).gradient;
  const auto value = [&] {
    return loss.measure<double>(batch(y_shape, y), batch(target_shape, target), nullptr, weights).mean();
  };
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double before = y[i];
    y[i] = before + h;
    const double above = value();
    y[i] = before - h;
    const double below = value();
    y[i] = before;
    const double expected = (above - below) / (2 * h);
    // The differences err by h² times a third derivative below 1, and by rounding errors of a loss below 30.
    if (!(std::abs(gradient[i] - expected) <= h * h + 60 * std::numeric_limits<double>::epsilon() / h))
      return "value " + std::to_string(i) + ": " + std::to_string(gradient[i]) + ", by differences " +
             std::to_string(expected);
  }
  return "";
}

/// What the error says; empty if there is none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const fkd::Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace support
