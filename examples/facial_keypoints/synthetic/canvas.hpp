/// \file
/// A grey 96x96 canvas and the few soft shapes that a face is drawn from.
///
/// Everything is `double`, continuous, and free of libm: so a picture, once rounded to bytes, is the same with every
/// compiler and optimisation, not because no bit ever differs but because a last bit next to a rounding edge is rare.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "shared/drawing/drawing.hpp"

namespace facial_keypoints {

/// Where the face stands in the picture: rotation, scale and shift between the face's frame (pixels of an upright mean
/// face, the origin between nose and eyes, y down) and the image.
struct Pose {
  Point origin;
  double cosine = 1, sine = 0;  // both times the scale

  Point to_image(Point p) const { return {origin.x + cosine * p.x - sine * p.y, origin.y + sine * p.x + cosine * p.y}; }
};

/// Grey values 0 (black) to 1 (white), drawn on in the coordinates of a pose.
class Canvas {
 public:
  explicit Canvas(Pose pose) : pose_{pose} {
    const double scale2 = pose.cosine * pose.cosine + pose.sine * pose.sine;
    step_ = {pose.cosine / scale2, -pose.sine / scale2};
  }

  /// Calls `ink(p, value)` for every pixel of the picture: its place in the frame, and its grey value to change.
  template <class Ink>
  void paint(Ink&& ink) {
    paint_rows(0, image_side, 0, image_side, ink);
  }

  /// The same for the pixels within `reach` of a point of the frame only.
  template <class Ink>
  void paint_near(Point centre, double reach, Ink&& ink) {
    const Point c = pose_.to_image(centre);
    const double r = reach * std::sqrt(pose_.cosine * pose_.cosine + pose_.sine * pose_.sine) + 1;
    paint_rows(bound(c.y - r), bound(c.y + r + 1), bound(c.x - r), bound(c.x + r + 1), ink);
  }

  /// Lightens or darkens: multiplies by 1 + amount in the middle of a hill.
  void shade(Point centre, double rx, double ry, double amount) {
    paint_near(centre, (std::max)(rx, ry),
               [&](Point p, double& value) { value *= 1 + amount * hill(p.x - centre.x, p.y - centre.y, rx, ry); });
  }

  /// A soft line from a to b of a half width, that darkens (or lightens) by `amount`.
  void stroke(Point a, Point b, double half_width, double amount) {
    const Point d = b - a;
    const double size = length(d);
    paint_near(0.5 * (a + b), 0.5 * size + half_width, [&](Point p, double& value) {
      const Point q = p - a;
      const double along = clamp01((q.x * d.x + q.y * d.y) / (size * size));
      const double away = length(q - along * d) / half_width;
      if (away < 1) value *= 1 + amount * (1 - away * away) * (1 - away * away);
    });
  }

  /// Blurs along rows and columns with the kernel (k, 1 - 2k, k).
  void blur(double k) {
    std::array<double, image_pixels> rows;
    const auto before = [](std::size_t i) { return i == 0 ? i : i - 1; };  // beyond the edge, the edge again
    const auto after = [](std::size_t i) { return i + 1 == image_side ? i : i + 1; };
    for (std::size_t y = 0; y < image_side; ++y)
      for (std::size_t x = 0; x < image_side; ++x)
        rows[y * image_side + x] = (1 - 2 * k) * at(y, x) + k * (at(y, before(x)) + at(y, after(x)));
    for (std::size_t y = 0; y < image_side; ++y)
      for (std::size_t x = 0; x < image_side; ++x)
        at(y, x) = (1 - 2 * k) * rows[y * image_side + x] +
                   k * (rows[before(y) * image_side + x] + rows[after(y) * image_side + x]);
  }

  double& at(std::size_t y, std::size_t x) { return grey_[y * image_side + x]; }

 private:
  static std::size_t bound(double at) {
    return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(image_side)));
  }

  template <class Ink>
  void paint_rows(std::size_t top, std::size_t bottom, std::size_t left, std::size_t right, Ink& ink) {
    for (std::size_t y = top; y < bottom; ++y) {
      for (std::size_t x = left; x < right; ++x) {
        const double dx = static_cast<double>(x) - pose_.origin.x, dy = static_cast<double>(y) - pose_.origin.y;
        ink(Point{step_.x * dx - step_.y * dy, step_.y * dx + step_.x * dy}, at(y, x));
      }
    }
  }

  Pose pose_;
  Point step_;  ///< what one pixel to the right is in the frame
  std::array<double, image_pixels> grey_{};
};

}  // namespace facial_keypoints
