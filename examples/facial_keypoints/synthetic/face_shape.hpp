/// \file
/// One invented face: its features in space, turned and projected to the plane of the picture.
///
/// The numbers are pixels of a mean face in a 96x96 crop. Means and spreads are set such that the keypoints scatter as
/// those of real crops do: a few pixels, the nose most (it stands out, so turning the head moves it).
#pragma once

#include <array>

#include "synthetic/canvas.hpp"

namespace facial_keypoints {

/// The opening of one eye: the lids rise and fall by so much from the line between the corners.
struct EyeShape {
  double upper_lid = 3, lower_lid = 2;
};

struct FaceShape {
  Pose pose;
  double turn = 0;  ///< sine of the yaw angle; positive: the nose moves to larger x
  double nod = 0;   ///< sine of the pitch angle; positive: the nose moves down
  EyeShape eyes;
  double upper_lip = 3, lower_lip = 4;       ///< thickness in the middle
  double mouth_open = 1;                     ///< gap between the lips in the middle
  double smile = 0;                          ///< 0 to 1
  std::array<Point, keypoint_count> points;  ///< in the face's frame

  /// The keypoints in the image, in the order of the columns.
  std::array<double, target_count> targets() const {
    std::array<double, target_count> values{};
    for (std::size_t k = 0; k < keypoint_count; ++k) {
      const Point p = pose.to_image(points[k]);
      values[2 * k] = p.x;
      values[2 * k + 1] = p.y;
    }
    return values;
  }
};

/// A point in space is projected without perspective: x' = x cos + z sin, y' = y cos + z sin, z towards the viewer.
struct Projection {
  double turn_sine, turn_cosine, nod_sine, nod_cosine;

  Projection(double turn, double nod)
      : turn_sine{turn}, turn_cosine{std::sqrt(1 - turn * turn)}, nod_sine{nod}, nod_cosine{std::sqrt(1 - nod * nod)} {}

  Point operator()(double x, double y, double z) const {
    constexpr double mean_depth = 3;  // a crop is centred on the face's middle, not on the axis it turns about
    return {x * turn_cosine + (z - mean_depth) * turn_sine, y * nod_cosine + (z - mean_depth) * nod_sine};
  }
};

namespace detail {

/// The centre of an eye's opening: between its corners, between its lids.
inline Point eye_centre(Point inner, Point outer, const EyeShape& eye) {
  const Point axis = outer - inner;
  const double down = axis.x > 0 ? 1 : -1;  // (-axis.y, axis.x) points down for the left eye, up for the right one
  const Point normal = (down / length(axis)) * Point{-axis.y, axis.x};
  return 0.5 * (inner + outer) + (0.5 * (eye.lower_lid - eye.upper_lid)) * normal;
}

inline FaceShape roll_face_shape(Dice& dice) {
  FaceShape face;
  const double scale = 1 + 0.06 * dice.normal();
  const double sine = std::clamp(0.125 * dice.normal(), -0.4, 0.4);
  face.pose.cosine = scale * std::sqrt(1 - sine * sine);
  face.pose.sine = scale * sine;
  face.pose.origin = {47.9 + 1.75 * dice.normal(), 53.6 + 1.75 * dice.normal()};
  const double turn_spread = dice.chance(0.6) ? 0.2 : 0.38;
  face.turn = std::clamp(turn_spread * dice.normal(), -0.75, 0.75);
  face.nod = 0.13 * dice.normal();
  const Projection project{face.turn, face.nod};

  face.smile = dice.chance(0.5) ? dice.uniform(0, 1) : 0;
  face.mouth_open = dice.chance(0.5) ? 0.7 : dice.uniform(1, 9);
  face.upper_lip = 3.6 + 0.55 * dice.normal();
  face.lower_lip = 4.5 + 0.6 * dice.normal();
  const double lids = dice.uniform(0.65, 1.2);
  face.eyes = {3.3 * lids, 1.9 * lids};

  const double eye_x = 17.4 + 0.8 * dice.normal(), eye_y = -15.4 + 0.8 * dice.normal();
  const double eye_half = 6.5 + 0.45 * dice.normal(), slant = 0.7 * dice.normal();
  const double brow_y = eye_y - 10.2 + 1.5 * dice.normal(), brow_drop = 2.2 + 1.8 * dice.normal();
  const double brow_in = 8.8 + 1.2 * dice.normal(), brow_out = 31.4 + 1.4 * dice.normal();
  const double nose_y = 4.2 + 2.0 * dice.normal(), nose_z = 18 + 1.5 * dice.normal();
  const double mouth_half = 13.3 + 1.3 * dice.normal() + 3.0 * face.smile, mouth_y = 21.3 + 1.5 * dice.normal();
  const double top_y = mouth_y - 3.6 + 0.3 * face.smile;
  const double bottom_y = top_y + face.upper_lip + face.lower_lip + face.mouth_open;
  const double corner_y = mouth_y - 0.5 + 0.3 * face.mouth_open - 2.0 * face.smile;

  for (const double side : {1.0, -1.0}) {  // the subject's left has the larger x
    const std::size_t right = side > 0 ? 0 : 1;
    const auto of_side = [&](Keypoint left_one, Keypoint right_one) -> Point& {
      return face.points[right ? right_one : left_one];
    };
    Point& inner = of_side(left_eye_inner_corner, right_eye_inner_corner);
    Point& outer = of_side(left_eye_outer_corner, right_eye_outer_corner);
    inner = project(side * (eye_x - eye_half), eye_y + 0.5, 1);
    outer = project(side * (eye_x + eye_half), eye_y - slant, -3);
    of_side(left_eye_center, right_eye_center) = eye_centre(inner, outer, face.eyes);
    const double lift = 0.5 * dice.normal();  // no face is quite symmetric
    of_side(left_eyebrow_inner_end, right_eyebrow_inner_end) = project(side * brow_in, brow_y + lift, 4);
    of_side(left_eyebrow_outer_end, right_eyebrow_outer_end) = project(side * brow_out, brow_y + brow_drop + lift, -6);
    of_side(mouth_left_corner, mouth_right_corner) = project(side * mouth_half, corner_y + 0.5 * dice.normal(), 2);
  }
  face.points[nose_tip] = project(0.4 * dice.normal(), nose_y, nose_z);
  face.points[mouth_center_top_lip] = project(0.3 * dice.normal(), top_y, 8);
  face.points[mouth_center_bottom_lip] = project(0.3 * dice.normal(), bottom_y, 6.5);
  return face;
}

}  // namespace detail

/// A face, all of whose keypoints lie inside the picture.
inline FaceShape draw_lots_for_shape(Dice& dice) {
  for (;;) {
    const FaceShape face = detail::roll_face_shape(dice);
    const auto targets = face.targets();
    if (*std::min_element(targets.begin(), targets.end()) >= 1 &&
        *std::max_element(targets.begin(), targets.end()) <= 94)
      return face;
  }
}

}  // namespace facial_keypoints
