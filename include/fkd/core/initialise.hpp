/// \file
/// The values that a network starts from, the same bits from the same seed on every compiler, library and processor.
///
/// Only operations that IEEE 754 rounds exactly are used (no logarithm, no cosine), and never a product that is added
/// to something, which one compiler would fuse and another not.
#pragma once

#include <cmath>
#include <span>

#include <fkd/core/parameters.hpp>
#include <fkd/core/random.hpp>

namespace fkd {
namespace detail {

/// The random words of one element, in order.
struct Draw {
  Random random;
  std::uint64_t next = 0;
  /// Not inline: Philox is ten rounds of code and is called in many places.
  [[gnu::noinline]] double uniform() { return random.uniform(next++); }
};

/// True with probability exp(-g), 0 <= g <= 1: uniform numbers are drawn while each is below the one before; the length
/// of that run is even with exactly this probability (von Neumann 1951, "Various techniques used in connection with
/// random digits").
inline bool happens_with_exp_minus(double g, Draw& draw) {
  bool even = true;
  for (double last = g, u = draw.uniform(); u < last; u = draw.uniform()) {
    last = u;
    even = !even;
  }
  return even;
}

/// A standard normal number, given that it lies within ±2. A candidate x is accepted with probability exp(-x²/2), in
/// two halves, since x²/2 reaches 2.
inline double truncated_normal(Draw& draw) {
  for (;;) {
    const double x = 4 * (draw.uniform() - 0.5);
    const double quarter_square = x * x * 0.25;
    const bool first = happens_with_exp_minus(quarter_square, draw);
    if (first && happens_with_exp_minus(quarter_square, draw)) return x;
  }
}

}  // namespace detail

/// Fills one tensor of `spec`; `number` is its place among the network's tensors.
template <class T>
void initialise(std::span<T> tensor, const TensorSpec& spec, Seed seed, Index number) {
  constexpr double truncated_deviation = 0.87962566103423978;  // of a standard normal number within ±2
  const auto fan_in = static_cast<double>(spec.fan_in), fan_sum = static_cast<double>(spec.fan_in + spec.fan_out);
  const double limit = (std::sqrt)(6 / fan_sum), deviation = (std::sqrt)(2 / fan_in) / truncated_deviation;
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    detail::Draw draw{Random{seed, Purpose::initialise, static_cast<std::uint64_t>(number), i}};
    switch (spec.initialiser) {
      case Initialiser::zeros:
        tensor[i] = T{0};
        break;
      case Initialiser::ones:
        tensor[i] = T{1};
        break;
      case Initialiser::glorot_uniform:
        tensor[i] = static_cast<T>((draw.uniform() - 0.5) * 2 * limit);
        break;
      case Initialiser::he_normal:
        tensor[i] = static_cast<T>(detail::truncated_normal(draw) * deviation);
        break;
    }
  }
}

}  // namespace fkd
