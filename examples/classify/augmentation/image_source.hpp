/// \file
/// `ImageSource`: images as an fkd::DataSource, scaled, and changed anew in each epoch.
#pragma once

#include <utility>
#include <vector>

#include <fkd/train/data_source.hpp>

#include "augmentation/change_image.hpp"
#include "data/images.hpp"

namespace classify {

/// Some rows of a set of images; the target is the label, one value. The images must outlive it. Images to measure on
/// are not changed: `AugmentOptions{}`.
class ImageSource final : public fkd::DataSource<float> {
 public:
  ImageSource(const Images& images, std::vector<fkd::Index> rows, const PixelScaling& scaling,
              const AugmentOptions& augment = {}, fkd::Seed seed = {})
      : images_{&images}, rows_{std::move(rows)}, scaling_{scaling}, augment_{augment}, seed_{seed} {}

  fkd::Index size() const override { return static_cast<fkd::Index>(rows_.size()); }
  fkd::Shape input_shape() const override { return images_->shape; }
  fkd::Shape target_shape() const override { return {1, 1, 1}; }

  void sample(fkd::Index index, fkd::Index epoch, std::span<float> x, std::span<float> y) const override {
    const fkd::Index row = rows_[static_cast<std::size_t>(index)];
    change_image(draw_change(augment_, images_->shape, seed_, epoch, row), images_->shape, images_->image(row),
                 scaling_, x);
    y[0] = static_cast<float>(images_->label(row));
  }

 private:
  const Images* images_;
  std::vector<fkd::Index> rows_;
  PixelScaling scaling_;
  AugmentOptions augment_;
  fkd::Seed seed_;
};

}  // namespace classify
