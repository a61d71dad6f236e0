/// \file
/// What the exercises share: fkd with its checks, and the words in which they say what is wrong.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <fkd/backends/reference/batch_norm.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

namespace exercise {

using Complaints = std::vector<std::string>;

/// As many digits as say something.
inline std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", value + 0.0);  // -0 becomes 0
  return buffer;
}

/// A complaint unless `got` is close to `expected`; `how` says where the expected value is from.
inline void compare(Complaints& complaints, const std::string& what, double got, double expected,
                    const std::string& how, double tolerance = 1e-6) {
  if (std::abs(got - expected) <= tolerance * (1 + std::abs(expected))) return;
  complaints.push_back(what + ": expected " + text(expected) + " (" + how + "), got " + text(got));
}

/// A complaint unless `got` is the derivative of f at x, by central differences.
template <class F>
void compare_derivative(Complaints& complaints, const std::string& what, double got, const F& f, double x) {
  const double h = 1e-5;
  compare(complaints, what, got, (f(x + h) - f(x - h)) / (2 * h), "by central differences");
}

/// Adds what fkd's check of a layer finds.
template <class L>
void check_layer(Complaints& complaints, const L& layer, fkd::Shape in) {
  for (const std::string& found : fkd::check_layer(layer, in).complaints) complaints.push_back(found);
}

/// Prints the verdict. Returns the program's exit code.
inline int report(const std::string& title, const Complaints& complaints) {
  if (complaints.empty()) return std::printf("%s: right.\n", title.c_str()), 0;
  std::printf("%s: not yet.\n", title.c_str());
  for (std::size_t i = 0; i < complaints.size() && i < 4; ++i) std::printf("  %s\n", complaints[i].c_str());
  if (complaints.size() > 4) std::printf("  and %d more\n", static_cast<int>(complaints.size()) - 4);
  return 1;
}

}  // namespace exercise
