/// \file
/// Drawing the features of a face from its keypoints: the skin's relief, eyes, brows, nose, mouth, spectacles.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "synthetic/canvas.hpp"
#include "synthetic/draw_head.hpp"
#include "synthetic/face_shape.hpp"

namespace facial_keypoints {
namespace detail {

/// Hollows and hills of the skin.
inline void draw_relief(Canvas& canvas, const Look& look, const FaceShape& face) {
  const auto& at = face.points;
  const Point between = 0.5 * (at[left_eye_inner_corner] + at[right_eye_inner_corner]);
  const Point tip = at[nose_tip], root = between + Point{0.25 * (tip.x - between.x), -1};
  const double side = look.light_x > 0 ? -1 : 1, strength = (std::min)(1.0, std::abs(look.light_x) + 0.3);
  for (const auto& [inner, outer, centre] :
       {std::array{left_eye_inner_corner, left_eye_outer_corner, left_eye_center},
        std::array{right_eye_inner_corner, right_eye_outer_corner, right_eye_center}}) {
    const Point socket = at[centre] + Point{0, -2.5};
    canvas.shade(socket, 12, 9, -0.2);
    canvas.shade(at[inner] + 0.25 * (between - at[inner]) + Point{0, -1.5}, 6, 8, -0.22);
    canvas.shade(0.5 * (at[centre] + at[outer]) + Point{0, 7}, 10, 4, -0.06 - 0.12 * look.age);
    canvas.shade(Point{at[centre].x * 1.12 + 0.3 * tip.x, 6}, 13, 12, 0.1);
  }
  canvas.shade({0.5 * between.x, -36}, 24, 14, 0.1);
  canvas.stroke(root, tip + Point{0, -3}, 4.0, 0.16);
  canvas.stroke(root + Point{side * 5.0, 2}, tip + Point{side * 6.5, -2}, 4.5, -0.3 * strength);
  canvas.stroke(root + Point{-side * 5.0, 2}, tip + Point{-side * 6.5, -2}, 4.0, -0.1);
  canvas.shade(tip + Point{0, 5.5}, 8.5, 3.5, -0.34);
  for (const double wing : {1.0, -1.0}) {
    const double squeeze = 1 - 0.5 * (std::max)(0.0, wing * face.turn);  // the far nostril is seen from the side
    canvas.shade(tip + Point{wing * 7.6 * squeeze, 1.5}, 2.4, 4.5, -0.25);
    canvas.shade(tip + Point{wing * 5.6 * squeeze, 1.2}, 2.8, 3.2, 0.08);
    canvas.shade(tip + Point{wing * 3.6 * squeeze, 3.9}, 3.0, 1.9, -0.75);
  }
  canvas.shade(tip + Point{-side * 0.8, -0.6}, 4.4, 4.0, 0.2);
  const Point top = at[mouth_center_top_lip], bottom = at[mouth_center_bottom_lip];
  canvas.stroke(tip + Point{0, 6}, top, 1.8, -0.1);
  canvas.shade(bottom + Point{0, 2.2}, 9, 3.4, -0.24);
  canvas.shade(bottom + Point{0, 9}, 9, 6, 0.1);
  const double fold =
      -0.05 - 0.1 * look.age - 0.08 * face.smile;  // from the nose's wing around the corner of the mouth
  for (const auto& [wing, corner] : {std::pair{1.0, mouth_left_corner}, std::pair{-1.0, mouth_right_corner}}) {
    const Point start = tip + Point{wing * 8.5, 0.5}, end = at[corner] + Point{wing * 4, 0};
    const Point bend = 0.5 * (start + end) + Point{wing * 1.8, -1.5};
    canvas.stroke(start, bend, 3, fold);
    canvas.stroke(bend, end, 3, fold);
  }
  canvas.shade(at[mouth_left_corner] + Point{1, 0.5}, 3.5, 3, -0.22);
  canvas.shade(at[mouth_right_corner] + Point{-1, 0.5}, 3.5, 3, -0.22);
  if (look.moustache) {
    canvas.paint_near(0.5 * (tip + top), 17, [&](Point p, double& value) {
      const Point q = p - top - Point{0, -2.5};
      const double band = 2.6 - 0.012 * q.x * q.x - std::abs(q.y - 0.012 * q.x * q.x);
      value = mix(value, look.hair_at(2.5 * q.x), (0.4 + look.beard) * coverage(band / 1.5));
    });
  }
}

/// One eye, from corner to corner. `gaze` moves the iris.
inline void draw_eye(Canvas& canvas, const Look& look, Point inner, Point outer, const EyeShape& lids, Point gaze) {
  const Point middle = 0.5 * (inner + outer), axis = 0.5 * (outer - inner);
  const double half = length(axis);
  const Point along = (1 / half) * axis, down = axis.x > 0 ? Point{-along.y, along.x} : Point{along.y, -along.x};
  const Point iris = middle + (0.5 * (lids.lower_lid - lids.upper_lid)) * down + gaze;
  canvas.paint_near(middle, half + 6, [&](Point p, double& value) {
    const Point q = p - middle;
    const double t = (q.x * along.x + q.y * along.y) / half, s = q.x * down.x + q.y * down.y;
    const double arc = (std::max)(0.0, 1 - t * t);
    const double upper = s + lids.upper_lid * arc * (1.08 - 0.16 * t),
                 lower = lids.lower_lid * arc * (0.95 + 0.2 * t) - s;
    const double open = coverage((std::min)((std::min)(upper, lower), (1 - std::abs(t)) * half));
    const double away = length(p - iris);
    double ball =
        (std::min)(0.92, 0.38 + 0.55 * look.skin) * (1 - 0.2 * t * t) * (0.72 + 0.28 * smooth_step(0, 3, upper));
    ball = mix(ball, look.iris * (1.0 + 0.5 * hill(p.x - iris.x, p.y - iris.y - 1.5, 3, 2)), coverage(3.3 - away));
    ball = mix(ball, 0.45 * look.iris, coverage(0.5 - std::abs(away - 3.1)) * 0.6);
    ball = mix(ball, 0.03, coverage(1.5 - away));
    ball = mix(ball, 1.0, coverage(0.75 - length(p - iris - Point{1.3 * (look.light_x > 0 ? 1 : -1), -1.3})));
    value = mix(value, ball, open);
    const double lid =
        0.95 - 0.25 * t * t;  // lashes: a dark line along the upper lid, a faint one below, a crease above
    const double ends = smooth_step(1.12, 0.95, std::abs(t));
    value *= 1 - 0.75 * ends * coverage(lid - std::abs(upper - 0.1));
    value *= 1 - 0.28 * ends * coverage(0.6 - std::abs(lower));
    value *= 1 - 0.22 * smooth_step(1.1, 0.7, std::abs(t)) * coverage(0.7 - std::abs(upper + 2.4));
  });
}

inline void draw_brow(Canvas& canvas, const Look& look, Point inner, Point outer, double arch, double thickness) {
  const Point axis = outer - inner;
  const double size = length(axis);
  const Point along = (1 / size) * axis, down = axis.x > 0 ? Point{-along.y, along.x} : Point{along.y, -along.x};
  const double tone = (std::min)(look.hair, 0.6 * look.skin);
  canvas.paint_near(0.5 * (inner + outer), 0.5 * size + 4, [&](Point p, double& value) {
    const Point q = p - inner;
    const double t = (q.x * along.x + q.y * along.y) / size, s = q.x * down.x + q.y * down.y;
    const double inside_t = clamp01(t), curve = -arch * 4 * inside_t * (1 - inside_t) * (0.75 + 0.5 * inside_t);
    const double width = thickness * (0.85 + 0.6 * inside_t - 1.1 * inside_t * inside_t);
    const double past = (t - inside_t) * size, away = std::sqrt((s - curve) * (s - curve) + past * past);
    const double hairs = 0.85 + 0.15 * look.strands[static_cast<std::size_t>(inside_t * 63)];
    value = mix(value, tone, 0.85 * hairs * coverage((width - away) / 1.3));
  });
}

inline void draw_mouth(Canvas& canvas, const Look& look, const FaceShape& face, bool teeth) {
  const Point right = face.points[mouth_right_corner], left = face.points[mouth_left_corner];
  const Point middle = 0.5 * (left + right), axis = 0.5 * (left - right);
  const double half = length(axis);
  const Point along = (1 / half) * axis, down{-along.y, along.x};
  const auto local = [&](Point p) {
    const Point q = p - middle;
    return Point{(q.x * along.x + q.y * along.y) / half, q.x * down.x + q.y * down.y};
  };
  const Point top = local(face.points[mouth_center_top_lip]), bottom = local(face.points[mouth_center_bottom_lip]);
  const double upper_edge = top.y + face.upper_lip, lower_edge = bottom.y - face.lower_lip;
  canvas.paint_near(middle, half + 10, [&](Point p, double& value) {
    const Point q = local(p);
    const auto rise = [&](double peak) {  // 0 at the corners, 1 at `peak`
      const double t = clamp01(q.x < peak ? (q.x + 1) / (peak + 1) : (1 - q.x) / (1 - peak));
      return t;
    };
    const double a = rise(top.x), b = rise(bottom.x);
    const double bow = a * (2 - a) + 0.55 * a * a * (1 - a), belly = b * (2 - b);
    const double within = (1 - std::abs(q.x)) * half;
    const double above = q.y - top.y * bow, below = bottom.y * belly - q.y;
    const double seam_top = q.y - upper_edge * belly, seam_bottom = lower_edge * belly - q.y;
    const double lips = coverage((std::min)((std::min)(above, below), within) / 1.2);
    const double upper = look.lips * (0.82 + 0.04 * above),
                 lower = look.lips * (1.05 + 0.22 * hill(q.x - 0.1 * look.light_x, below - 2.6, 0.5, 1.8));
    value = mix(value, mix(upper, lower, coverage(seam_top)), lips);
    const double gap = coverage((std::min)((std::min)(seam_top, seam_bottom) + 0.35, within));
    double inside = 0.09 + 0.05 * look.lips;
    if (teeth && face.mouth_open > 1.5)
      inside = mix(inside, 0.85 * (0.75 + 0.25 * look.ambient) * (1 - 0.5 * q.x * q.x),
                   coverage((std::min)(2.8, 0.7 * face.mouth_open) - seam_top));
    value = mix(value, inside, gap * 0.92);
  });
}

inline void draw_spectacles(Canvas& canvas, const Look& look, const FaceShape& face, double thickness, double tone) {
  const auto& at = face.points;
  const double reach = look.head_width;
  canvas.paint_near(0.5 * (at[left_eye_center] + at[right_eye_center]), reach + 10, [&](Point p, double& value) {
    double ink = 0, glass = 0;
    for (const auto centre : {left_eye_center, right_eye_center}) {
      const double x = (p.x - at[centre].x) / 10.8, y = (p.y - at[centre].y - 0.8) / 8.4;
      const double r = std::sqrt(std::sqrt(x * x * x * x + y * y * y * y));
      ink = (std::max)(ink, coverage(thickness - std::abs(r - 1) * 9));
      glass = (std::max)(glass, coverage((1 - r) * 9));
    }
    const Point l = at[left_eye_center], r = at[right_eye_center];
    const bool bridge = p.x > r.x + 9.8 && p.x<l.x - 9.8, arms = p.x> l.x + 10.3 || p.x < r.x - 10.3;
    const double line = mix(r.y, l.y, (p.x - r.x) / (l.x - r.x)) - 1.5;
    if (bridge || arms) ink = (std::max)(ink, coverage(thickness - std::abs(p.y - line)) * 0.9);
    value = mix(value + 0.04 * glass, tone, ink);
  });
}

}  // namespace detail
}  // namespace facial_keypoints
