/// \file
/// Comparing a derivative with central differences, and what a check found.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/network/model.hpp>

namespace fkd {

/// What a check found.
struct CheckResult {
  std::vector<std::string> complaints = {};
  Index compared = 0;    ///< derivatives that were compared with central differences
  Index unresolved = 0;  ///< derivatives that were not, because the function has a kink there

  explicit operator bool() const { return complaints.empty() && compared > 0; }
  std::string text() const {
    std::string joined;
    for (const std::string& complaint : complaints) joined += complaint + "\n";
    return joined + fkd::text(compared) + " derivatives compared, " + fkd::text(unresolved) + " not, for a kink";
  }
};

struct CheckOptions {
  Index samples = 3;   ///< of the batch; check_layer only
  Index values = 40;   ///< derivatives compared of each tensor and of the input; all of them if there are not more
  double step = 1e-5;  ///< half the width of the differences, times max(1, |value|)
  Seed seed = {};
};

namespace detail {

/// A loss, and the sum of the magnitudes of its terms: rounding is measured in those.
struct Measured {
  double value = 0, magnitude = 0;
};

/// Compares `derivative` with (f(v + h) - f(v - h)) / 2h. The error allowed is what rounding can make of f, plus the
/// difference to the same quotient over twice the width, which exceeds the error of cutting the series after its first
/// term.
template <class F>
void compare_with_differences(double& v, double derivative, double step, const F& f, const std::string& where,
                              CheckResult& result) {
  const double x = v, h = step * (std::max)(1.0, (std::abs)(x));
  const auto quotient = [&](double width, double& magnitude) {
    const double above = x + width, below = x - width;
    v = above;
    const Measured up = f();
    v = below;
    const Measured down = f();
    v = x;
    magnitude = up.magnitude + down.magnitude;
    return (up.value - down.value) / (above - below);
  };
  double magnitude = 0, ignored = 0;
  const double expected = quotient(h, magnitude), wide = quotient(2 * h, ignored);
  const double rounding = 64 * std::numeric_limits<double>::epsilon() * magnitude / h;
  const double cutting = (std::abs)(expected - wide);
  if (cutting > rounding + 1e-3 * (std::abs)(expected)) {
    ++result.unresolved;
    return;
  }
  ++result.compared;
  if (!((std::abs)(derivative - expected) <= rounding + cutting))
    result.complaints.push_back(where + ": gradient is wrong: expected " + std::to_string(expected) +
                                " by central differences, got " + std::to_string(derivative));
}

/// Adds what can only be said at the end.
inline void conclude(CheckResult& result, const std::string& who) {
  if (result.unresolved * 4 > result.compared)
    result.complaints.push_back(who + ": too few derivatives could be compared: " + text(result.unresolved) + " of " +
                                text(result.compared + result.unresolved) + " are at a kink");
}

/// At most `wanted` of the numbers 0 .. count-1.
inline std::vector<Index> some_of(Index count, Index wanted, Seed seed) {
  std::vector<Index> order = random_order(count, Random{seed, Purpose::user, 0x736F6D65});
  if (count > wanted) order.resize(static_cast<std::size_t>(wanted));
  return order;
}

/// Also of NaN and of -0.
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

}  // namespace detail
}  // namespace fkd
