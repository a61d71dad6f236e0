/// \file
/// Definitions of initialise.hpp.
#pragma once

#include <cmath>

#include <fkd/core/initialise.hpp>

namespace fkd::detail {

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

/// A standard normal number: k + u with a sign, k whole, u in [0, 1). Its density exp(-(k + u)²/2) is the product of
/// exp(-k/2), of exp(-k(k - 1)/2) and of exp(-u(2k + u)/2): each a number of trials (Karney 2016, "Sampling exactly
/// from the normal distribution", algorithm N).
inline double standard_normal(Draw& draw) {
  for (;;) {
    int k = 0;
    while (happens_with_exp_minus(0.5, draw)) ++k;
    bool accepted = true;
    for (int trial = 0; accepted && trial < k * (k - 1); ++trial) accepted = happens_with_exp_minus(0.5, draw);
    if (!accepted) continue;
    const double u = draw.uniform(), exponent = u * (2 * k + u) / (2 * (k + 1));
    for (int trial = 0; accepted && trial <= k; ++trial) accepted = happens_with_exp_minus(exponent, draw);
    if (!accepted) continue;
    return draw.uniform() < 0.5 ? -(k + u) : k + u;
  }
}

FKD_FUNC double initial_value(const TensorSpec& spec, Seed seed, Index number, Index i) {
  using Kind = Initialiser::Kind;
  constexpr double truncated_deviation = 0.87962566103423978;  // of a standard normal number within ±2
  const auto fan_in = static_cast<double>(spec.fan_in), fan_sum = static_cast<double>(spec.fan_in + spec.fan_out);
  const double value = spec.initialiser.value;
  const auto draw = [&] {
    return Draw{Random{seed, Purpose::initialise, static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(i)}};
  };
  const auto uniform = [&](double limit) {
    Draw own = draw();
    return (own.uniform() - 0.5) * 2 * limit;
  };
  const auto cut = [&](double deviation) {
    Draw own = draw();
    return truncated_normal(own) * deviation;
  };
  switch (spec.initialiser.kind) {
    case Kind::ones:
      return 1;
    case Kind::constant:
      return value;
    case Kind::glorot_uniform:
      return uniform((std::sqrt)(6 / fan_sum));
    case Kind::glorot_normal:
      return cut((std::sqrt)(2 / fan_sum) / truncated_deviation);
    case Kind::he_uniform:
      return uniform((std::sqrt)(6 / fan_in));
    case Kind::he_normal:
      return cut((std::sqrt)(2 / fan_in) / truncated_deviation);
    case Kind::lecun_uniform:
      return uniform((std::sqrt)(3 / fan_in));
    case Kind::lecun_normal:
      return cut((std::sqrt)(1 / fan_in) / truncated_deviation);
    case Kind::uniform:
      return uniform(value);
    case Kind::truncated_normal:
      return cut(value);
    case Kind::normal: {
      Draw own = draw();
      return standard_normal(own) * value;
    }
    case Kind::zeros:
    case Kind::orthogonal:
      break;
  }
  return 0;
}

// No product is fused with a sum from here on: bits would depend on the processor. (Where clang is told
// -ffp-contract=fast, that outweighs its pragma.)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#elif defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract(off)
#endif

/// Four sums, in this order on every compiler.
inline double dot(const double* a, const double* b, Index count) {
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  Index i = 0;
  for (; i + 4 <= count; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < count; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

/// to -= factor · from
inline void subtract(double* to, const double* from, double factor, Index count) {
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
  for (Index i = 0; i < count; ++i) to[i] -= factor * from[i];
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#elif defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract(on)
#endif

/// Standard normal vectors, made orthonormal one after another (modified Gram-Schmidt): uniform over all orthonormal
/// sets (Haar), because the normal distribution looks the same from every direction and no sign is chosen. A vector
/// that lost most of its length to those before is short of digits, and goes through them once more (Giraud, Langou &
/// Rozloznik 2005: twice is enough). Multiply-adds: 2 · longer · shorter².
FKD_FUNC Buffer<double> orthogonal_values(const TensorSpec& spec, Index count, Seed seed, Index number) {
  const Index last = spec.extents[static_cast<std::size_t>(spec.rank) - 1];
  const Index across = last >= 1 && count % last == 0 ? last : count;
  const Index down = across > 0 ? count / across : 0;
  const bool tall = down >= across;
  const Index vectors = tall ? across : down, length = tall ? down : across;
  TensorSpec normal = spec;
  normal.initialiser = Initialiser::normal(1);
  Buffer<double> values(count), sets(count);  // sets (vectors, length)
  const auto place = [&](Index v, Index i) { return tall ? i * across + v : v * across + i; };
  for (Index v = 0; v < vectors; ++v) {
    double* own = sets.data() + v * length;
    for (Index i = 0; i < length; ++i) own[i] = initial_value(normal, seed, number, place(v, i));
    for (int times = 0; times < 3; ++times) {
      const double before = dot(own, own, length);
      for (Index other = 0; other < v; ++other) {
        const double* unit = sets.data() + other * length;
        subtract(own, unit, dot(unit, own, length), length);
      }
      if (dot(own, own, length) >= before * 0.015625) break;
    }
    const double norm = (std::sqrt)(dot(own, own, length));
    for (Index i = 0; i < length; ++i) own[i] = own[i] / norm;
    for (Index i = 0; i < length; ++i) values[place(v, i)] = own[i] * spec.initialiser.value;
  }
  return values;
}

}  // namespace fkd::detail
