/// \file
/// A sheet of faces, enlarged, with marks on their keypoints.
#pragma once

#include <span>

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "shared/picture/picture.hpp"

namespace facial_keypoints {

/// A face as a picture is drawn from it.
inline ImageView face_view(std::span<const std::uint8_t> image) {
  return {image, static_cast<int>(image_side), static_cast<int>(image_side), 1};
}

/// A sheet of faces, `columns` a row, each enlarged by `scale`, a margin around each.
class Sheet {
 public:
  Sheet(fkd::Index faces, int columns, int scale)
      : columns_{columns},
        scale_{scale},
        picture_{columns * cell() + gap, (static_cast<int>(faces) + columns - 1) / columns * cell() + gap} {}

  /// Draws a face at place i of the sheet.
  void face(fkd::Index i, std::span<const std::uint8_t> image) {
    picture_.put(face_view(image), left(i), top(i), scale_);
  }

  /// Marks the known keypoints of 30 coordinates with filled dots.
  void dots(fkd::Index i, std::span<const float> target, Colour colour) {
    each(i, target, [&](double x, double y) { picture_.dot(x, y, 0.75 * scale_, colour); });
  }

  /// Marks the known keypoints with rings, so that a dot in the middle stays visible.
  void rings(fkd::Index i, std::span<const float> target, Colour colour) {
    each(i, target, [&](double x, double y) { picture_.ring(x, y, 1.35 * scale_, colour); });
  }

  const Picture& picture() const { return picture_; }

 private:
  static constexpr int gap = 4;
  int cell() const { return scale_ * static_cast<int>(image_side) + gap; }
  int left(fkd::Index i) const { return gap + static_cast<int>(i) % columns_ * cell(); }
  int top(fkd::Index i) const { return gap + static_cast<int>(i) / columns_ * cell(); }

  template <class Mark>
  void each(fkd::Index i, std::span<const float> target, Mark&& mark) {
    for (std::size_t k = 0; k < keypoint_count;
         ++k) {  // the centre of a pixel of the image is the middle of its square
      const double x = (static_cast<double>(target[2 * k]) + 0.5) * scale_ - 0.5;
      const double y = (static_cast<double>(target[2 * k + 1]) + 0.5) * scale_ - 0.5;
      mark(left(i) + x, top(i) + y);
    }
  }

  int columns_, scale_;
  Picture picture_;
};

}  // namespace facial_keypoints
