/// \file
/// Drawn digits of 16 x 16 pixels: strokes with a random place, size, slant and thickness, and noise. Values have mean
/// 0 and variance 1 over the set.
#pragma once

#include <vector>

#include "../../shared/drawing/drawing.hpp"
#include "experiment.hpp"

namespace experiments {

inline constexpr Index digit_side = 16;

struct Digits {
  Batch<double> x, target;  // (16, 16, 1), and a 1 for the class among 10
};

/// The strokes of a digit, as corners of one line in a square of side 1.
inline const std::vector<shared::Point>& strokes(int digit) {
  static const std::vector<shared::Point> all[10] = {
      {{.5, 0}, {.85, .15}, {1, .5}, {.85, .85}, {.5, 1}, {.15, .85}, {0, .5}, {.15, .15}, {.5, 0}},
      {{.3, .2}, {.55, 0}, {.55, 1}},
      {{.05, .2}, {.3, 0}, {.75, 0}, {.95, .25}, {.05, 1}, {1, 1}},
      {{.05, .05}, {.9, .05}, {.45, .42}, {.9, .6}, {.85, .9}, {.5, 1}, {.05, .9}},
      {{.75, 1}, {.75, 0}, {0, .7}, {1, .7}},
      {{.95, 0}, {.15, 0}, {.1, .45}, {.6, .4}, {.95, .65}, {.8, .95}, {.05, .95}},
      {{.8, 0}, {.3, .3}, {.05, .65}, {.2, .95}, {.7, 1}, {.95, .75}, {.7, .5}, {.1, .65}},
      {{0, 0}, {1, 0}, {.4, 1}},
      {{.5, .45},
       {.1, .25},
       {.3, 0},
       {.7, 0},
       {.9, .25},
       {.5, .45},
       {.05, .75},
       {.3, 1},
       {.7, 1},
       {.95, .75},
       {.5, .45}},
      {{.9, .35}, {.3, .5}, {.05, .25}, {.3, 0}, {.8, .05}, {.9, .35}, {.7, 1}}};
  return all[digit];
}

/// How far p is from the line between a and b.
inline double distance_to(shared::Point p, shared::Point a, shared::Point b) {
  const shared::Point along = b - a, from = p - a;
  const double square = along.x * along.x + along.y * along.y;
  const double t = square > 0 ? shared::clamp01((from.x * along.x + from.y * along.y) / square) : 0;
  return shared::length(from - t * along);
}

inline void draw_digit(std::span<double> pixels, int digit, shared::Dice& dice) {
  const double width = dice.uniform(5.5, 9), height = dice.uniform(9, 12), slant = dice.uniform(-0.25, 0.25);
  const double left = dice.uniform(2, 14 - width), top = dice.uniform(2, 14 - height), thick = dice.uniform(0.7, 1.2);
  std::vector<shared::Point> line = strokes(digit);
  for (shared::Point& p : line) p = {left + width * p.x + slant * height * (0.5 - p.y), top + height * p.y};
  for (Index r = 0; r < digit_side; ++r)
    for (Index c = 0; c < digit_side; ++c) {
      double nearest = 1e9;
      for (std::size_t i = 0; i + 1 < line.size(); ++i)
        nearest = (std::min)(
            nearest, distance_to({static_cast<double>(c) + 0.5, static_cast<double>(r) + 0.5}, line[i], line[i + 1]));
      const double noise = 0.1 * dice.normal();
      pixels[static_cast<std::size_t>(r * digit_side + c)] = shared::coverage(thick - nearest) + noise;
    }
}

/// As many of each digit as of any other, where 10 divides `samples`.
inline Digits digits(Index samples, Seed seed = {3}) {
  Digits all{{{digit_side, digit_side, 1}, samples}, {{1, 1, 10}, samples}};
  double sum = 0, squares = 0;
  for (Index n = 0; n < samples; ++n) {
    shared::Dice dice{fkd::Random{seed, fkd::Purpose::user, static_cast<std::uint64_t>(n)}};
    draw_digit(all.x.sample(n), static_cast<int>(n % 10), dice);
    all.target.sample(n)[static_cast<std::size_t>(n % 10)] = 1;
    for (const double value : all.x.sample(n)) sum += value, squares += value * value;
  }
  const double count = static_cast<double>(samples * digit_side * digit_side), mean = sum / count,
               deviation = std::sqrt(squares / count - mean * mean);
  for (Index n = 0; n < samples; ++n)
    for (double& value : all.x.sample(n)) value = (value - mean) / deviation;
  return all;
}

}  // namespace experiments
