/// \file
/// `FaceSource`: faces as an fkd::DataSource, with scaled pixels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fkd/train/data_source.hpp>

#include "data/dataset.hpp"

namespace facial_keypoints {

/// The network's input for a pixel p: (p - offset) * scale.
struct PixelScaling {
  float offset = 0;
  float scale = 1;
  bool each_face =
      false;  ///< every face has its own, so that it has mean 0 and deviation 1; the two above are not read

  /// That of one face.
  PixelScaling of(std::span<const std::uint8_t> image) const;
};

/// The scaling of a recipe; `standard` measures the pixels of `rows`, `face` those of each face.
PixelScaling pixel_scaling(const Faces& faces, std::span<const fkd::Index> rows, const std::string& pixels);

/// Some rows of a set of faces, scaled, as the library reads training data. The faces must outlive it.
class FaceSource final : public fkd::DataSource<float> {
 public:
  FaceSource(const Faces& faces, std::vector<fkd::Index> rows, PixelScaling scaling)
      : faces_{&faces}, rows_{std::move(rows)}, scaling_{scaling} {}

  fkd::Index size() const override { return static_cast<fkd::Index>(rows_.size()); }
  fkd::Shape input_shape() const override { return {image_side, image_side, 1}; }
  fkd::Shape target_shape() const override { return {1, 1, target_count}; }
  void sample(fkd::Index index, fkd::Index epoch, std::span<float> x, std::span<float> y) const override;

 private:
  const Faces* faces_;
  std::vector<fkd::Index> rows_;
  PixelScaling scaling_;
};

}  // namespace facial_keypoints
