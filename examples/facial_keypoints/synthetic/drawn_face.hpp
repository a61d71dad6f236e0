/// \file
/// Draws a face, back to front: backdrop, hair, head, relief, eyes, brows, mouth, spectacles; then the camera.
///
/// Nothing is learned from photographs. The keypoints are given first and every feature is drawn from them, so the
/// labels are exact.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "synthetic/canvas.hpp"
#include "synthetic/draw_features.hpp"
#include "synthetic/draw_head.hpp"
#include "synthetic/face_shape.hpp"

namespace facial_keypoints {
namespace detail {

/// Lens, sensor and print: blur, exposure, contrast, a fall-off of light, grain.
inline void develop(Canvas& canvas, Dice& dice, std::span<std::uint8_t> pixels) {
  const int blurs = static_cast<int>(dice.uniform(1, 4));
  for (int i = 0; i < blurs; ++i) canvas.blur(dice.uniform(0.06, 0.2));
  const double contrast = dice.uniform(0.55, 1.05), black = dice.uniform(-0.06, 0.16);
  const double level = dice.uniform(0, 1), noise = 0.035 * level * level;
  const double fall_x = 0.0025 * dice.normal(), fall_y = 0.0015 * dice.normal();
  std::uint64_t word = 0;
  for (std::size_t y = 0; y < image_side; ++y) {
    for (std::size_t x = 0; x < image_side; ++x) {
      if (x % 4 == 0) word = dice.bits();
      const double grain = static_cast<double>(word & 0xFF) + static_cast<double>(word >> 8 & 0xFF) - 255;
      word >>= 16;
      const double light = 1 + fall_x * (static_cast<double>(x) - 48) + fall_y * (static_cast<double>(y) - 48);
      const double value =
          black + contrast * canvas.at(y, x) * light + noise * grain / 104;  // grain's deviation is 104
      pixels[y * image_side + x] = static_cast<std::uint8_t>(255 * clamp01(value) + 0.5);
    }
  }
}

}  // namespace detail

/// Draws face number `index` of a seed into 9216 bytes and returns its 30 coordinates.
inline std::array<double, target_count> draw_face(fkd::Seed seed, std::uint64_t index, std::span<std::uint8_t> pixels) {
  Dice dice{fkd::Random{seed, fkd::Purpose::user, index}};
  const FaceShape face = draw_lots_for_shape(dice);
  const detail::Look look{dice};
  const detail::HeadShape head{look, {-9 * face.turn, -6 * face.nod}};
  Canvas canvas{face.pose};
  detail::draw_backdrop(canvas, dice);
  detail::draw_hair_behind(canvas, look, head);
  detail::draw_head(canvas, look, head, face.turn);
  detail::draw_relief(canvas, look, face);
  const Point gaze{0.7 * dice.normal(), 0.3 * dice.normal()};
  const auto& at = face.points;
  detail::draw_eye(canvas, look, at[left_eye_inner_corner], at[left_eye_outer_corner], face.eyes, gaze);
  detail::draw_eye(canvas, look, at[right_eye_inner_corner], at[right_eye_outer_corner], face.eyes, gaze);
  const double arch = dice.uniform(0.8, 3.5), thickness = dice.uniform(1.0, 2.2);
  detail::draw_brow(canvas, look, at[left_eyebrow_inner_end], at[left_eyebrow_outer_end], arch, thickness);
  detail::draw_brow(canvas, look, at[right_eyebrow_inner_end], at[right_eyebrow_outer_end], arch, thickness);
  detail::draw_mouth(canvas, look, face, dice.chance(0.8));
  detail::draw_hair_in_front(canvas, look, head);
  if (look.spectacles) {
    const double rim = dice.uniform(0.4, 1.0), tone = dice.uniform(0.0, 0.3);
    detail::draw_spectacles(canvas, look, face, rim, tone);
  }
  detail::develop(canvas, dice, pixels);
  return face.targets();
}

}  // namespace facial_keypoints
