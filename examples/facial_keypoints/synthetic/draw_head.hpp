/// \file
/// What a person looks like, and the drawing of everything but the features: backdrop, hair, head.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "synthetic/canvas.hpp"

namespace facial_keypoints {
namespace detail {

/// What a person looks like, and in which light: all grey values 0 to 1.
struct Look {
  double skin, hair, iris, lips, cloth;
  double light_x, light_y, ambient;  ///< direction the light comes from, and what is lit from everywhere
  double head_width, chin, jaw;
  double hair_volume, hairline, part;
  double age, beard;
  bool bald, long_hair, spectacles, moustache;
  std::array<double, 64> strands;  ///< grey of the hair's strands

  explicit Look(Dice& dice) {
    skin = dice.uniform(0.42, 0.92);
    hair = dice.chance(0.7) ? dice.uniform(0.06, 0.3) : dice.uniform(0.3, 0.8);
    iris = dice.uniform(0.08, 0.4);
    lips = skin * dice.uniform(0.6, 0.82);
    cloth = dice.uniform(0.05, 0.95);
    light_x = 0.5 * dice.normal();
    light_y = -0.35 + 0.25 * dice.normal();
    ambient = dice.uniform(0.35, 0.75);
    head_width = 35.5 + 1.6 * dice.normal();
    chin = 43 + 1.5 * dice.normal();
    jaw = dice.uniform(0.0, 0.75);
    hair_volume = dice.uniform(2, 10);
    hairline = -42 + 3.5 * dice.normal();
    part = dice.uniform(-0.22, 0.22);
    age = dice.uniform(0, 1);
    bald = dice.chance(0.08);
    long_hair = !bald && dice.chance(0.45);
    beard = !long_hair && dice.chance(0.3) ? dice.uniform(0.1, 0.5) : 0;
    moustache = beard > 0 && dice.chance(0.6);
    spectacles = dice.chance(0.12);
    for (double& strand : strands) strand = dice.uniform(-1, 1);
  }

  /// The hair's grey at a place: strands that follow `across`.
  double hair_at(double across) const {
    const double at = across * 0.7 + 640;  // 640: positive, so that the cast rounds down
    const auto i = static_cast<std::size_t>(at);
    const double t = at - static_cast<double>(i);
    const double strand = mix(strands[i % 64], strands[(i + 1) % 64], t * t * (3 - 2 * t));
    return hair * (1 + 0.3 * strand) + 0.02 * strand;
  }
};

/// The head's outline: an ellipse above, a squarer and tapered one below.
struct HeadShape {
  Point centre;
  double width, per_width, per_top = 1 / 53.0, per_chin, jaw;

  HeadShape(const Look& look, Point at)
      : centre{at}, width{look.head_width}, per_width{1 / look.head_width}, per_chin{1 / look.chin}, jaw{look.jaw} {}

  /// How far inside a point relative to the centre is, in pixels.
  double inside(Point q) const {
    const bool low = q.y > 0;
    const double y2 = (q.y * (low ? per_chin : per_top)) * (q.y * (low ? per_chin : per_top));
    const double x = q.x * per_width * (low ? 1 + 0.13 * y2 : 1), x2 = x * x;
    return (1 - std::sqrt((std::max)(x2 + y2 - (low ? jaw : 0.25) * x2 * y2, 0.0))) * width;
  }

  /// Whether the face hides what is behind it there: a quick test, true only well inside.
  bool hides(Point q) const { return q.x * q.x * per_width * per_width + q.y * q.y * per_chin * per_chin < 0.75; }
};

/// How far the hair stands off the head, in pixels. Short hair lies close at the sides.
inline double hair_height(Point q, const Look& look) {
  return look.hair_volume * (look.long_hair ? 1 : 0.1 + 0.9 * smooth_step(-2, -36, q.y));
}

inline void draw_backdrop(Canvas& canvas, Dice& dice) {
  const double tone = dice.uniform(0.05, 0.9), dx = 0.003 * dice.normal(), dy = 0.003 * dice.normal();
  const double other = dice.uniform(0.05, 0.9), edge = dice.uniform(-60, 60), tilt = 0.3 * dice.normal();
  const bool has_edge = dice.chance(0.4);
  canvas.paint([&](Point p, double& value) {
    value = tone + dx * p.x + dy * p.y;
    if (has_edge) value = mix(value, other, coverage(0.5 * (p.x + tilt * p.y - edge)));
  });
  for (int blob = 0; blob < 5; ++blob) {
    const Point at{dice.uniform(-60, 60), dice.uniform(-60, 40)};
    const double rx = dice.uniform(8, 35), ry = dice.uniform(8, 35), amount = 0.3 * dice.normal();
    canvas.shade(at, rx, ry, amount);
  }
}

inline void draw_hair_behind(Canvas& canvas, const Look& look, const HeadShape& head) {
  canvas.paint([&](Point p, double& value) {
    const Point q = p - head.centre;
    if (head.hides(q)) return;
    if (!look.bald) {
      double inside = head.inside(q) + hair_height(q, look);
      if (look.long_hair && q.y > -8)
        inside = (std::max)(inside, head.width + look.hair_volume - 0.08 * q.y - std::abs(q.x));
      if (!look.long_hair) inside = (std::min)(inside, 2 - q.y);
      if (inside > -1) value = mix(value, look.hair_at(q.x + 0.25 * q.y) * 0.85, coverage(0.67 * inside));
    }
    if (q.y < 15) return;
    const double neck = 24 + 0.02 * (q.y - 36) * (q.y - 36) - std::abs(q.x);
    value = mix(value, 0.6 * look.skin, coverage(0.5 * neck));
    value = mix(value, look.cloth, coverage(q.y - 41 - 6 * smooth_step(30, 0, std::abs(q.x))));
  });
}

inline void draw_head(Canvas& canvas, const Look& look, const HeadShape& head, double turn) {
  const double light_z = std::sqrt((std::max)(0.1, 1 - look.light_x * look.light_x - look.light_y * look.light_y));
  const auto lit = [&](double nx, double ny) {  // Lambert's law on the normal (nx, ny, nz)
    const double nz = std::sqrt((std::max)(0.0, 1 - nx * nx - ny * ny));
    return look.ambient + (1.08 - look.ambient) * (std::max)(0.0, nx * look.light_x + ny * look.light_y + nz * light_z);
  };
  if (!look.long_hair) {
    for (const double side : {1.0, -1.0}) {
      const Point ear = head.centre + Point{side * (head.width + 1.5) + 4 * turn, -10};
      const double tone = look.skin * 0.9 * lit(0.6 * side, 0);
      canvas.paint_near(ear, 12, [&](Point p, double& value) {
        const double x = (p.x - ear.x) / 4.5, y = (p.y - ear.y) / 9, r = std::sqrt(x * x + y * y);
        value = mix(value, tone * (0.75 + 0.25 * r), coverage((1 - r) * 4.5));
      });
    }
  }
  canvas.paint([&](Point p, double& value) {
    const Point q = p - head.centre;
    const double inside = head.inside(q);
    if (inside < -1) return;
    const double nx = 0.85 * q.x * head.per_width, ny = 0.75 * q.y * (q.y < 0 ? head.per_top : head.per_chin);
    const double rim = inside < 7 ? 1 - 0.3 * smooth_step(7, 0, inside) : 1;
    value = mix(value, look.skin * lit(nx, ny) * rim, coverage(inside));
    if (look.beard > 0 && q.y > -20) {
      const double from_ears = smooth_step(2, 18, q.y + 0.45 * std::abs(q.x));
      const double below_cheeks = smooth_step(26, 14, 0.6 * (30 - q.y) + 14 - 0.35 * std::abs(q.x));
      value = mix(value, look.hair_at(3 * q.x + q.y), look.beard * from_ears * below_cheeks * coverage(inside));
    }
  });
}

inline void draw_hair_in_front(Canvas& canvas, const Look& look, const HeadShape& head) {
  if (look.bald) return;
  canvas.paint([&](Point p, double& value) {
    const Point q = p - head.centre;
    const double x = q.x * head.per_width, x2 = x * x, x6 = x2 * x2 * x2;
    const double line = look.hairline + 9 * x2 + 30 * x6 + look.part * q.x + (look.long_hair ? 25 * x6 * x2 : 0);
    if (q.y > line + 6) return;
    const double head_inside = head.inside(q);
    value *= 1 - 0.25 * smooth_step(-6, 0, line - q.y) * coverage(head_inside);  // the hair's shadow on the forehead
    double inside = (std::min)(line - q.y, 0.8 * (head_inside + hair_height(q, look)));
    if (!look.long_hair) inside = (std::min)(inside, -6 - q.y);
    if (inside < -1) return;
    const double gloss = 1 + 0.25 * hill(q.x - 15 * look.light_x, q.y + 50, 28, 12);
    value = mix(value, look.hair_at(q.x + 0.35 * q.y + 8 * look.part * q.y) * gloss, coverage(0.6 * inside));
  });
}

}  // namespace detail
}  // namespace facial_keypoints
