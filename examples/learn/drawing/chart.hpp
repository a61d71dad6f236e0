/// \file
/// Lines over a pair of axes, linear or logarithmic, as an `Svg`. What gnuplot does for the programs' reports; this one
/// needs nothing to be installed, and its bytes do not depend on a version.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "svg.hpp"

namespace drawing {

struct Axis {
  std::string label;
  bool log = false;
};

/// One line, and the last value that is shown: points that are not finite, or not above 0 on a logarithmic axis, are
/// left out.
struct Line {
  std::string name;
  Svg::Points points = {};
  bool dashed = false;
  int colour = -1;  ///< of 0 to 5; -1: its number among the lines
};

/// A vertical line at x, with a name at its head.
struct Mark {
  double x;
  std::string name;
};

struct Chart {
  std::string title;
  Axis x, y;
  std::vector<Line> lines = {};
  std::vector<Mark> marks = {};
};

namespace chart_detail {

/// Where an axis begins and ends, in values or in their logarithms to base 10, and where it has a number.
struct Scale {
  bool log = false;
  double from = 0, to = 1;
  std::vector<std::pair<double, std::string>> ticks = {};

  double of(double value) const { return ((log ? std::log10(value) : value) - from) / (to - from); }
};

inline std::string plain(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", std::abs(value) < 1e-12 ? 0.0 : value);
  return text;
}
inline std::string power_of_ten(int power) {
  if (power >= -3 && power <= 4) return plain(std::pow(10.0, power));
  return "1e" + std::to_string(power);
}

inline Scale scale_of(const std::vector<double>& values, bool log) {
  Scale s{.log = log};
  double least = HUGE_VAL, largest = -HUGE_VAL;
  for (const double value : values) {
    const double at = log ? std::log10(value) : value;
    least = (std::min)(least, at), largest = (std::max)(largest, at);
  }
  if (!(least <= largest)) least = 0, largest = 1;
  if (log) {
    s.from = std::floor(least + 1e-9), s.to = std::ceil(largest - 1e-9);
    if (s.to <= s.from) s.to = s.from + 1;
    const int step = static_cast<int>(std::ceil((s.to - s.from) / 7));
    for (int power = static_cast<int>(s.from); power <= static_cast<int>(s.to); power += step)
      s.ticks.emplace_back(std::pow(10.0, power), power_of_ten(power));
    return s;
  }
  const double range = largest > least ? largest - least : 1, rough = range / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double digit : {5.0, 2.0, 1.0})
    if (digit * power >= rough) step = digit * power;
  s.from = std::floor(least / step + 1e-9) * step, s.to = std::ceil(largest / step - 1e-9) * step;
  if (s.to <= s.from) s.to = s.from + step;
  for (int i = 0; i <= static_cast<int>(std::lround((s.to - s.from) / step)); ++i)
    s.ticks.emplace_back(s.from + i * step, plain(s.from + i * step));
  return s;
}

}  // namespace chart_detail

/// Draws a chart below `top` into a picture that has `height` units for it.
inline void draw(Svg& svg, const Chart& chart, double top = 0, double height = 400) {
  const auto fits = [&](const std::pair<double, double>& p) {
    return std::isfinite(p.first) && std::isfinite(p.second) && (!chart.x.log || p.first > 0) &&
           (!chart.y.log || p.second > 0);
  };
  std::vector<double> xs, ys;
  for (const Line& line : chart.lines)
    for (const auto& p : line.points)
      if (fits(p)) xs.push_back(p.first), ys.push_back(p.second);
  const chart_detail::Scale sx = chart_detail::scale_of(xs, chart.x.log), sy = chart_detail::scale_of(ys, chart.y.log);

  // The names: as many in a row as find room.
  double name_x = 80, name_y = top + 28;
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const Line& line = chart.lines[i];
    const std::string n = std::to_string(line.colour < 0 ? static_cast<int>(i % 6) : line.colour);
    const double wide = 42 + 8.8 * static_cast<double>(line.name.size());
    if (name_x > 80 && name_x + wide > svg.width() - 10) name_x = 80, name_y += 24;
    svg.line(name_x, name_y - 5, name_x + 26, name_y - 5, "thick l" + n + (line.dashed ? " dash" : ""));
    svg.text(name_x + 32, name_y, line.name);
    name_x += wide + 14;
  }
  const double left = 80, right = svg.width() - 20, upper = name_y + (chart.marks.empty() ? 18 : 40),
               lower = top + height - 56;
  const auto place = [&](const std::pair<double, double>& p) {
    return std::pair{left + (right - left) * sx.of(p.first), lower - (lower - upper) * sy.of(p.second)};
  };
  for (const auto& [value, name] : sy.ticks) {
    const double y = lower - (lower - upper) * sy.of(value);
    svg.line(left, y, right, y, "faint");
    svg.text(left - 8, y + 5, name, Anchor::end, "ink", 15);
  }
  for (const auto& [value, name] : sx.ticks) {
    const double x = left + (right - left) * sx.of(value);
    svg.line(x, lower, x, lower + 5);
    svg.text(x, lower + 22, name, Anchor::middle, "ink", 15);
  }
  svg.line(left, lower, right, lower);
  svg.text((left + right) / 2, lower + 46, chart.x.label, Anchor::middle);
  svg.upright(18, (upper + lower) / 2, chart.y.label);
  for (const Mark& mark : chart.marks) {
    const double x = left + (right - left) * sx.of(mark.x);
    svg.line(x, upper - 6, x, lower, "ls dash");
    svg.text(x, upper - 12, mark.name, Anchor::middle, "ink", 15);
  }
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const Line& line = chart.lines[i];
    const std::string n = std::to_string(line.colour < 0 ? static_cast<int>(i % 6) : line.colour);
    Svg::Points placed;
    for (const auto& p : line.points)
      if (fits(p)) placed.push_back(place(p));
    if (placed.size() == 1) svg.circle(placed[0].first, placed[0].second, 4, "c" + n);
    if (placed.size() > 1) svg.polyline(placed, "l" + n + (line.dashed ? " dash" : ""));
  }
}

inline Svg draw(const Chart& chart) {
  Svg svg{640, 400, chart.title};
  draw(svg, chart);
  return svg;
}

}  // namespace drawing
