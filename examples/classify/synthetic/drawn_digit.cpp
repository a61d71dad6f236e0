#include "synthetic/drawn_digit.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "shared/common/data_error.hpp"
#include "shared/drawing/drawing.hpp"

namespace classify {
namespace {

/// A stroke of the pen: from `start` along cubic Bezier curves, three points each (two handles and an end). In a box
/// that is 1 wide and 1 high, the origin in the middle, y down.
struct Stroke {
  Point start;
  std::vector<Point> points;
};

/// A straight piece of a stroke.
std::vector<Point> straight(Point from, Point to) {
  return {from + (1.0 / 3) * (to - from), to - (1.0 / 3) * (to - from), to};
}

void append(std::vector<Point>& points, const std::vector<Point>& more) {
  points.insert(points.end(), more.begin(), more.end());
}

/// Half an ellipse from `from` to `to` that bulges by `out` at a right angle: handles at 4/3 of the bulge.
std::vector<Point> arc(Point from, Point to, double out) {
  const Point along = to - from;
  const double size = length(along);
  const Point normal{-along.y / size, along.x / size};
  return {from + (4.0 / 3 * out) * normal, to + (4.0 / 3 * out) * normal, to};
}

/// How people write the digits: 1 with and without its flag, 4 open and closed, 7 with and without its bar.
std::vector<Stroke> strokes_of(int digit, Dice& dice) {
  const double a = dice.uniform(-0.09, 0.09), b = dice.uniform(-0.09, 0.09), c = dice.uniform(-0.09, 0.09);
  const bool variant = dice.chance(0.4);
  Stroke one, two;
  switch (digit) {
    case 0: {
      const double width = 0.3 + a;
      one.start = {b, -0.5};
      append(one.points, arc({b, -0.5}, {-b, 0.5}, width));
      append(one.points, arc({-b, 0.5}, {b, -0.5}, width));
      return {one};
    }
    case 1:
      if (variant) {
        one.start = {-0.2 + a, -0.3 + b};
        append(one.points, straight(one.start, {0.03, -0.5}));
        append(one.points, straight({0.03, -0.5}, {0.03 + c, 0.5}));
      } else {
        one.start = {a, -0.5};
        append(one.points, straight(one.start, {c, 0.5}));
      }
      return {one};
    case 2:
      one.start = {-0.28 + a, -0.28 + b};
      one.points = {{-0.2, -0.62}, {0.32, -0.62}, {0.27 + c, -0.18}};
      append(one.points, {{0.22, 0.08}, {-0.12, 0.3}, {-0.3 + a, 0.48}});
      append(one.points, straight({-0.3 + a, 0.48}, {0.34, 0.46 + b}));
      return {one};
    case 3:
      one.start = {-0.26 + a, -0.36 + b};
      one.points = {{-0.12, -0.62}, {0.34, -0.56}, {0.26 + c, -0.22}};
      append(one.points, {{0.22, -0.06}, {0.06, -0.02}, {-0.06 + a, -0.02}});
      append(one.points, {{0.2, -0.02}, {0.34, 0.12}, {0.3 + b, 0.28}});
      append(one.points, {{0.22, 0.58}, {-0.2, 0.56}, {-0.32 + c, 0.34}});
      return {one};
    case 4:
      one.start = variant ? Point{-0.24 + a, -0.44} : Point{0.08 + a, -0.5};
      append(one.points, straight(one.start, {-0.34, 0.14 + b}));
      append(one.points, straight({-0.34, 0.14 + b}, {0.38, 0.12 + b}));
      two.start = {0.16 + c, variant ? -0.44 : -0.28};
      append(two.points, straight(two.start, {0.12 + c, 0.5}));
      return {one, two};
    case 5:
      one.start = {0.3 + a, -0.48};
      append(one.points, straight(one.start, {-0.2, -0.46 + b}));
      append(one.points, straight({-0.2, -0.46 + b}, {-0.26 + c, -0.06}));
      append(one.points, {{0, -0.24}, {0.36, -0.12}, {0.3 + a, 0.2}});
      append(one.points, {{0.24, 0.52}, {-0.14, 0.56}, {-0.32 + c, 0.36}});
      return {one};
    case 6:
      one.start = {0.2 + a, -0.5};
      one.points = {{-0.14, -0.38}, {-0.32, -0.06}, {-0.3 + b, 0.22}};
      append(one.points, {{-0.28, 0.56}, {0.3, 0.6}, {0.28 + c, 0.22}});
      append(one.points, {{0.26, -0.08}, {-0.18, -0.06}, {-0.3 + b, 0.22}});
      return {one};
    case 7:
      one.start = {-0.32 + a, -0.46 + b};
      append(one.points, straight(one.start, {0.32, -0.46}));
      append(one.points, {{0.24, -0.2}, {0.02, 0.16}, {-0.08 + c, 0.5}});
      if (!variant) return {one};
      two.start = {-0.16, 0.02 + b};
      append(two.points, straight(two.start, {0.26, 0.0 + a}));
      return {one, two};
    case 8:
      one.start = {0.24 + a, -0.36};
      one.points = {{0.1, -0.58}, {-0.26, -0.54}, {-0.24 + b, -0.3}};
      append(one.points, {{-0.2, -0.06}, {0.32, 0.0}, {0.28 + c, 0.28}});
      append(one.points, {{0.24, 0.58}, {-0.3, 0.58}, {-0.28 + a, 0.28}});
      append(one.points, {{-0.24, 0.0}, {0.26, -0.14}, {0.24 + a, -0.36}});
      return {one};
    case 9:
      one.start = {0.28 + a, -0.24};
      one.points = {{0.26, -0.58}, {-0.3, -0.6}, {-0.28 + b, -0.22}};
      append(one.points, {{-0.24, 0.06}, {0.22, 0.04}, {0.28 + a, -0.24}});
      append(one.points, {{0.3, 0.06}, {0.24, 0.3}, {0.14 + c, 0.5}});
      return {one};
    default:
      throw DataError{"draw_digit: expected a digit from 0 to 9, got " + std::to_string(digit)};
  }
}

/// A stroke as points close to each other.
std::vector<Point> flattened(const Stroke& stroke) {
  constexpr int pieces = 10;
  std::vector<Point> line{stroke.start};
  Point from = stroke.start;
  for (std::size_t i = 0; i + 2 < stroke.points.size(); i += 3) {
    const Point p1 = stroke.points[i], p2 = stroke.points[i + 1], to = stroke.points[i + 2];
    for (int k = 1; k <= pieces; ++k) {
      const double t = static_cast<double>(k) / pieces, s = 1 - t;
      line.push_back((s * s * s) * from + (3 * s * s * t) * p1 + (3 * s * t * t) * p2 + (t * t * t) * to);
    }
    from = to;
  }
  return line;
}

double distance_squared(Point p, Point a, Point b) {
  const Point d = b - a, q = p - a;
  const double size = d.x * d.x + d.y * d.y;
  const double along = size > 0 ? clamp01((q.x * d.x + q.y * d.y) / size) : 0;
  const Point away = q - along * d;
  return away.x * away.x + away.y * away.y;
}

}  // namespace

DrawnDigit draw_digit(int digit, const fkd::Random& random) {
  Dice dice{random};
  std::vector<Stroke> strokes = strokes_of(digit, dice);
  for (Stroke& stroke : strokes)  // an unsteady hand
    for (Point& p : stroke.points) {
      const double x = dice.normal(), y = dice.normal();
      p = p + 0.03 * Point{x, y};
    }
  const double height = dice.uniform(12, 21), width = height * dice.uniform(0.65, 1.15);
  const double sine = dice.normal(), slant = 0.1 + 0.2 * dice.normal();
  const double turn = std::clamp(0.15 * sine, -0.4, 0.4), cosine = std::sqrt(1 - turn * turn);
  const double x0 = dice.uniform(10.5, 16.5), y0 = dice.uniform(11, 16);
  const double half = dice.uniform(0.6, 2), ink = dice.uniform(0.6, 1), grain = dice.uniform(0, 0.15);

  std::vector<std::vector<Point>> lines;
  for (const Stroke& stroke : strokes) {
    lines.push_back(flattened(stroke));
    for (Point& p : lines.back()) {
      const double x = width * (p.x - slant * p.y), y = height * p.y;
      p = {x0 + cosine * x - turn * y, y0 + turn * x + cosine * y};
    }
  }
  const double reach = half + 1;
  std::array<double, digit_pixels> nearest;  // squared distance to a stroke, as far as it matters
  nearest.fill(reach * reach);
  const auto pixel = [](double at) { return static_cast<int>(std::clamp(at, 0.0, static_cast<double>(digit_side))); };
  for (const std::vector<Point>& line : lines)
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const Point a = line[i], b = line[i + 1];
      const auto [left, right] = std::minmax(a.x, b.x);
      const auto [top, bottom] = std::minmax(a.y, b.y);
      for (int y = pixel(top - reach); y < pixel(bottom + reach + 1); ++y)
        for (int x = pixel(left - reach); x < pixel(right + reach + 1); ++x) {
          double& distance = nearest[static_cast<std::size_t>(y * digit_side + x)];
          distance = (std::min)(distance, distance_squared({static_cast<double>(x), static_cast<double>(y)}, a, b));
        }
    }
  DrawnDigit drawn{digit, {}};
  for (std::size_t i = 0; i < digit_pixels; ++i) {
    const double grey = ink * clamp01(half - std::sqrt(nearest[i]) + 0.5) + grain * dice.uniform(-1, 1);
    drawn.pixels[i] = static_cast<std::uint8_t>(255 * clamp01(grey) + 0.5);
  }
  return drawn;
}

}  // namespace classify
