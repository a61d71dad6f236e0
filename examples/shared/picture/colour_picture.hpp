/// \file
/// A picture in colours, as three grey ones.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "shared/picture/exif.hpp"
#include "shared/picture/grey_picture.hpp"

namespace shared {

/// Red, green and blue, pictures of one size.
struct ColourPicture {
  std::array<GreyPicture, 3> planes;
};

namespace picture_detail {

/// The planes of `width` x `height` pixels of 3 bytes, turned and mirrored as an orientation says.
inline ColourPicture upright_planes(std::span<const std::uint8_t> rgb, int width, int height, int orientation) {
  ColourPicture picture;
  for (std::size_t c = 0; c < 3; ++c) {
    GreyPicture plane{width, height};
    for (std::size_t i = 0; i < plane.pixels.size(); ++i) plane.pixels[i] = rgb[3 * i + c];
    picture.planes[c] = upright(plane, orientation);
  }
  return picture;
}

}  // namespace picture_detail
}  // namespace shared
