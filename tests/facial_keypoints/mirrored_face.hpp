/// \file
/// Drawn faces that can be drawn mirrored too: what flipping a picture must give.
#pragma once

#include <cstdint>
#include <vector>

#include "synthetic/drawn_face.hpp"

namespace facial_keypoints_tests {

using namespace facial_keypoints;

/// A face without hair or backdrop, and without noise: all of it can be drawn mirrored.
struct PlainFace {
  std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(image_pixels);
  std::array<float, target_count> target{};

  PlainFace(const FaceShape& face, const detail::Look& look) {
    const detail::HeadShape head{look, {-9 * face.turn, -6 * face.nod}};
    Canvas canvas{face.pose};
    canvas.paint([](Point, double& value) { value = 0.3; });
    detail::draw_head(canvas, look, head, face.turn);
    detail::draw_relief(canvas, look, face);
    const auto& at = face.points;
    detail::draw_eye(canvas, look, at[left_eye_inner_corner], at[left_eye_outer_corner], face.eyes, {0, 0.2});
    detail::draw_eye(canvas, look, at[right_eye_inner_corner], at[right_eye_outer_corner], face.eyes, {0, 0.2});
    detail::draw_brow(canvas, look, at[left_eyebrow_inner_end], at[left_eyebrow_outer_end], 2, 1.5);
    detail::draw_brow(canvas, look, at[right_eyebrow_inner_end], at[right_eyebrow_outer_end], 2, 1.5);
    detail::draw_mouth(canvas, look, face, true);
    for (std::size_t y = 0; y < image_side; ++y)
      for (std::size_t x = 0; x < image_side; ++x)
        pixels[y * image_side + x] = static_cast<std::uint8_t>(255 * clamp01(canvas.at(y, x)) + 0.5);
    const auto targets = face.targets();
    for (std::size_t c = 0; c < target_count; ++c) target[c] = static_cast<float>(targets[c]);
  }
};

/// The same head, seen in a mirror: what was its left is its right.
inline FaceShape in_a_mirror(const FaceShape& face) {
  FaceShape other = face;
  other.pose.origin.x = 95 - face.pose.origin.x;
  other.pose.sine = -face.pose.sine;
  other.turn = -face.turn;
  for (std::size_t k = 0; k < keypoint_count; ++k) other.points[mirrored[k]] = {-face.points[k].x, face.points[k].y};
  return other;
}

}  // namespace facial_keypoints_tests
