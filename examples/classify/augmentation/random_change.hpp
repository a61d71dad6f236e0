/// \file
/// Augmentation: the random change of an image in an epoch.
///
/// A change is a function of (seed, epoch, row), so it is the same for every number of threads and in a resumed run.
/// Pixels beyond the image are 0 after scaling, the mean colour.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fkd/core/random.hpp>
#include <fkd/core/shape.hpp>

#include "common/shared.hpp"

namespace classify {

/// `--augment none|affine|flip|crop`.
///
/// crop: He et al. 2016, "Deep residual learning for image recognition", section 4.2: four pixels are added on each
/// side, and a crop of the original size is taken of the image or its mirror image. Their four pixels are an eighth of
/// the width, and that is what other sizes get.
enum class Augment {
  none,
  affine,  ///< rotated, scaled, sheared and shifted a little, never mirrored: for digits
  flip,    ///< half of the images are mirrored
  crop     ///< cropped at random with a margin of an eighth, and half are mirrored
};

inline constexpr std::array<std::string_view, 4> augment_names{"none", "affine", "flip", "crop"};

/// The Augment of that name, or nothing.
constexpr std::optional<Augment> find_augment(std::string_view name) {
  for (std::size_t i = 0; i < augment_names.size(); ++i)
    if (augment_names[i] == name) return static_cast<Augment>(i);
  return std::nullopt;
}

/// The ranges of `affine`: about what the handwriting of two people differs in. At 28 x 28 a shift of 2 pixels and a
/// turn of 10 degrees leave every digit whole and what it is.
struct AffineRanges {
  double sine = 0.17;   ///< of the angle, both ways: 10 degrees
  double scale = 1.1;   ///< at most, and at least its inverse, along each axis by itself
  double shear = 0.15;  ///< both ways
  double shift = 0.07;  ///< of the width, both ways
};

/// The change of one image. The network's pixel (x, y) is the image's pixel at (xx x + xy y + x0, yx x + yy y + y0),
/// between pixels interpolated linearly.
struct Change {
  bool mirror = false;
  fkd::Index shift_x = 0, shift_y = 0;  ///< whole pixels, of `crop`
  bool is_affine = false;
  double xx = 1, xy = 0, x0 = 0, yx = 0, yy = 1, y0 = 0;
  fkd::Index cut_top = 0, cut_left = 0, cut_side = 0;  ///< a square that is blanked; none where its side is 0
};

/// What is asked for: the kind, and the side of the square of cutout (DeVries & Taylor 2017, "Improved regularization
/// of convolutional neural networks with cutout", section 3.2), 0 for none; its centre is anywhere in the image.
struct AugmentOptions {
  Augment kind = Augment::none;
  fkd::Index cutout = 0;
};

/// The change of a row in an epoch.
Change draw_change(const AugmentOptions& options, fkd::Shape shape, fkd::Seed seed, fkd::Index epoch, fkd::Index row,
                   const AffineRanges& ranges = {});

}  // namespace classify
