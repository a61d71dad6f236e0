/// \file
/// The 15 keypoints of a face and the 30 columns that hold them.
///
/// Names, order and sides are the competition's: left and right are the subject's, so `left_eye_center` has the larger
/// x in the picture. Coordinates are in pixels from the top left corner of a 96x96 image, x to the right and y down;
/// the centre of the first pixel is (0, 0).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace facial_keypoints {

inline constexpr std::size_t keypoint_count = 15;
inline constexpr std::size_t target_count = 2 * keypoint_count;

/// The order of keypoints in every row.
enum Keypoint : std::size_t {
  left_eye_center,
  right_eye_center,
  left_eye_inner_corner,
  left_eye_outer_corner,
  right_eye_inner_corner,
  right_eye_outer_corner,
  left_eyebrow_inner_end,
  left_eyebrow_outer_end,
  right_eyebrow_inner_end,
  right_eyebrow_outer_end,
  nose_tip,
  mouth_left_corner,
  mouth_right_corner,
  mouth_center_top_lip,
  mouth_center_bottom_lip
};

/// Column `2 * k` is x of keypoint k, column `2 * k + 1` its y.
inline constexpr std::array<std::string_view, target_count> column_names = {
    "left_eye_center_x",
    "left_eye_center_y",
    "right_eye_center_x",
    "right_eye_center_y",
    "left_eye_inner_corner_x",
    "left_eye_inner_corner_y",
    "left_eye_outer_corner_x",
    "left_eye_outer_corner_y",
    "right_eye_inner_corner_x",
    "right_eye_inner_corner_y",
    "right_eye_outer_corner_x",
    "right_eye_outer_corner_y",
    "left_eyebrow_inner_end_x",
    "left_eyebrow_inner_end_y",
    "left_eyebrow_outer_end_x",
    "left_eyebrow_outer_end_y",
    "right_eyebrow_inner_end_x",
    "right_eyebrow_inner_end_y",
    "right_eyebrow_outer_end_x",
    "right_eyebrow_outer_end_y",
    "nose_tip_x",
    "nose_tip_y",
    "mouth_left_corner_x",
    "mouth_left_corner_y",
    "mouth_right_corner_x",
    "mouth_right_corner_y",
    "mouth_center_top_lip_x",
    "mouth_center_top_lip_y",
    "mouth_center_bottom_lip_x",
    "mouth_center_bottom_lip_y",
};

/// `nose_tip` for `Keypoint::nose_tip`.
constexpr std::string_view keypoint_name(std::size_t keypoint) {
  const std::string_view column = column_names[2 * keypoint];
  return column.substr(0, column.size() - 2);
}

/// The column of that name, or nothing.
constexpr std::optional<std::size_t> find_column(std::string_view name) {
  for (std::size_t i = 0; i < target_count; ++i)
    if (column_names[i] == name) return i;
  return std::nullopt;
}

/// The flip of keypoints: once mirrored, keypoint k is at the flipped position (x => 95 - x) of `mirrored[k]`.
inline constexpr std::array<std::size_t, keypoint_count> mirrored = {
    right_eye_center,
    left_eye_center,
    right_eye_inner_corner,
    right_eye_outer_corner,
    left_eye_inner_corner,
    left_eye_outer_corner,
    right_eyebrow_inner_end,
    right_eyebrow_outer_end,
    left_eyebrow_inner_end,
    left_eyebrow_outer_end,
    nose_tip,
    mouth_right_corner,
    mouth_left_corner,
    mouth_center_top_lip,
    mouth_center_bottom_lip,
};

/// The four keypoints that also the incomplete rows of the competition know.
inline constexpr std::array<std::size_t, 4> always_labelled{left_eye_center, right_eye_center, nose_tip,
                                                            mouth_center_bottom_lip};

}  // namespace facial_keypoints
