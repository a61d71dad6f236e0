/// \file
/// What drawn data are made of: points, soft edges, and random numbers taken one after another.
///
/// Everything is `double`, continuous, and free of libm: so a picture, once rounded to bytes, is the same with every
/// compiler and optimisation, not because no bit ever differs but because a last bit next to a rounding edge is rare.
#pragma once

#include <cmath>
#include <cstdint>

#include <fkd/core/random.hpp>

namespace shared {

struct Point {
  double x = 0, y = 0;
  friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
  friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
  friend Point operator*(double s, Point a) { return {s * a.x, s * a.y}; }
};

inline double length(Point a) { return std::sqrt(a.x * a.x + a.y * a.y); }
inline double mix(double a, double b, double t) { return a + (b - a) * t; }
inline double clamp01(double t) { return t < 0 ? 0 : t > 1 ? 1 : t; }

/// 0 before `from`, 1 after `to`, an S between.
inline double smooth_step(double from, double to, double at) {
  const double t = clamp01((at - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/// How much of a pixel lies inside an edge `distance` pixels away, positive inside: the anti-aliasing.
inline double coverage(double distance) { return clamp01(distance + 0.5); }

/// A soft hill: 1 in the middle, 0 from radius (rx, ry) on.
inline double hill(double x, double y, double rx, double ry) {
  const double r2 = (x / rx) * (x / rx) + (y / ry) * (y / ry);
  return r2 < 1 ? (1 - r2) * (1 - r2) : 0;
}

/// Random numbers of one picture, taken one after another. Take one a statement, or in braces: the order in which a
/// function's arguments are evaluated is the compiler's choice.
class Dice {
 public:
  explicit Dice(fkd::Random random) : random_{random} {}
  double uniform(double from, double to) { return from + (to - from) * random_.uniform(next_++); }
  bool chance(double probability) { return random_.uniform(next_++) < probability; }
  std::uint64_t bits() { return random_.bits(next_++); }

  /// Mean 0, variance 1, never beyond 3.5: the sum of four uniform numbers.
  double normal() {
    const std::uint64_t word = random_.bits(next_++);
    const auto sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48);
    return (static_cast<double>(sum) / 65535.0 - 2.0) * 1.7320508075688772;
  }

 private:
  fkd::Random random_;
  std::uint64_t next_ = 0;
};

}  // namespace shared
