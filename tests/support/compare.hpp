/// \file
/// Comparators. Every one of them is itself tested, in test_compare.cpp.
///
/// The tolerance of a sum follows from arithmetic: |got - expected| <= c * eps * Σ|terms|, where both sums on the right
/// are computed by the reference in double, the second one from the magnitudes of its operands. The test is written
/// `!(error <= bound)`, so NaN fails.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fkd/core/shape.hpp>

namespace support {

/// "" if every value is close, else a sentence about the first one that is not.
template <class T>
std::string difference(std::span<const T> got, std::span<const double> expected, std::span<const double> magnitudes,
                       double c = 8) {
  if (got.size() != expected.size() || got.size() != magnitudes.size()) return "sizes differ";
  if (got.empty()) return "there is nothing to compare";
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(static_cast<double>(got[i]) - expected[i]);
    const double bound = c * static_cast<double>(std::numeric_limits<T>::epsilon()) * magnitudes[i];
    if (!(error <= bound))
      return "value " + std::to_string(i) + ": got " + std::to_string(got[i]) + ", expected " +
             std::to_string(expected[i]) + " within " + std::to_string(bound);
  }
  return "";
}

/// "" if the same bits stand in both, else a sentence about the first value that differs.
template <class T>
std::string bit_difference(std::span<const T> a, std::span<const T> b) {
  if (a.size() != b.size()) return "sizes differ";
  if (a.empty()) return "there is nothing to compare";
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0)
      return "value " + std::to_string(i) + ": " + std::to_string(a[i]) + " is not " + std::to_string(b[i]);
  return "";
}
template <class A, class B>
std::string bit_difference(const A& a, const B& b) {
  using T = std::remove_cvref_t<decltype(*std::data(a))>;
  return bit_difference<T>({std::data(a), static_cast<std::size_t>(std::size(a))},
                           {std::data(b), static_cast<std::size_t>(std::size(b))});
}

}  // namespace support
