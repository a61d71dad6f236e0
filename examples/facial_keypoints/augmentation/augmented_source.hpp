/// \file
/// Training data that is augmented as it is read.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <fkd/train/data_source.hpp>

#include "augmentation/change_image.hpp"
#include "augmentation/change_keypoints.hpp"
#include "data/face_source.hpp"

namespace facial_keypoints {

/// Some rows of a set of faces as FaceSource reads them, changed anew in each epoch. The faces must outlive it. For
/// evaluation use a FaceSource, which changes nothing.
class AugmentedSource final : public fkd::DataSource<float> {
 public:
  AugmentedSource(const Faces& faces, std::vector<fkd::Index> rows, PixelScaling scaling, Augment augment,
                  fkd::Seed seed, AugmentRanges ranges = {})
      : faces_{&faces},
        rows_{std::move(rows)},
        plain_{faces, rows_, scaling},
        scaling_{scaling},
        augment_{augment},
        seed_{seed},
        ranges_{ranges} {}

  fkd::Index size() const override { return plain_.size(); }
  fkd::Shape input_shape() const override { return plain_.input_shape(); }
  fkd::Shape target_shape() const override { return plain_.target_shape(); }

  void sample(fkd::Index index, fkd::Index epoch, std::span<float> x, std::span<float> y) const override {
    const fkd::Index row = rows_[static_cast<std::size_t>(index)];
    const Change change = draw_change(augment_, seed_, epoch, row, ranges_);
    if (!change.moves() && !change.tints()) {  // exact, and as fast as reading
      plain_.sample(index, epoch, x, y);
      if (!change.flip) return;
      for (std::size_t top = 0; top < image_pixels; top += image_side)
        std::reverse(x.begin() + static_cast<std::ptrdiff_t>(top),
                     x.begin() + static_cast<std::ptrdiff_t>(top + image_side));
    } else {
      change_image(change, faces_->image(row), scaling_.of(faces_->image(row)), x);
    }
    change_target(change, faces_->target(row), y);
  }

 private:
  const Faces* faces_;
  std::vector<fkd::Index> rows_;
  FaceSource plain_;
  PixelScaling scaling_;
  Augment augment_;
  fkd::Seed seed_;
  AugmentRanges ranges_;
};

}  // namespace facial_keypoints
