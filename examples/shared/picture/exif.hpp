/// \file
/// The EXIF orientation of a photograph. Phones store the sensor's image and, in the file, how they were held; faces
/// must stand upright.
///
/// The orientation is tag 0x0112 of the first directory of an EXIF block (CIPA DC-008, sections 4.5.2 and 4.6.4): 1 to
/// 8. The block is TIFF; a JPEG file has it in an APP1 block after a signature, a PNG file in its chunk eXIf.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>

#include "shared/picture/grey_picture.hpp"

namespace shared::picture_detail {

inline constexpr std::uint8_t exif_mark[]{'E', 'x', 'i', 'f', 0, 0};
inline bool has_exif_mark(std::span<const std::uint8_t> block) {
  return block.size() >= std::size(exif_mark) && std::equal(std::begin(exif_mark), std::end(exif_mark), block.begin());
}

/// The orientation in an EXIF block, 1 to 8; 0 if it has none or is invalid. Some programs write the signature of a
/// JPEG file into a PNG file, too.
inline int tiff_orientation(std::span<const std::uint8_t> tiff) {
  if (has_exif_mark(tiff)) tiff = tiff.subspan(std::size(exif_mark));
  if (tiff.size() < 8) return 0;
  const bool little = tiff[0] == 'I';
  const auto number = [&](std::size_t at, std::size_t size) {  // 0 beyond the end
    std::uint32_t value = 0;
    if (at > tiff.size() || size > tiff.size() - at) return value;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | tiff[at + (little ? size - 1 - i : i)];
    return value;
  };
  const std::size_t directory = number(4, 4);
  const std::uint32_t entries = number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) return 0;
    if (number(entry, 2) != 0x0112) continue;
    const std::uint32_t value = number(entry + 8, number(entry + 2, 2) == 4 ? 4 : 2);  // a long, or the rule: a short
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 0;
  }
  return 0;
}

/// The same of an APP1 block of a JPEG file, which may hold other things than EXIF.
inline int exif_orientation(std::span<const std::uint8_t> block) {
  return has_exif_mark(block) ? tiff_orientation(block) : 0;
}

/// A picture turned and mirrored as its orientation says: 5 to 8 swap rows and columns.
inline GreyPicture upright(const GreyPicture& picture, int orientation) {
  if (orientation <= 1) return picture;
  const bool swap = orientation >= 5;
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  GreyPicture result{swap ? picture.height : picture.width, swap ? picture.width : picture.height};
  for (int y = 0; y < result.height; ++y)
    for (int x = 0; x < result.width; ++x) {
      const int sx = swap ? y : x, sy = swap ? x : y;
      result.at(x, y) = picture.at(mirror_x ? picture.width - 1 - sx : sx, mirror_y ? picture.height - 1 - sy : sy);
    }
  return result;
}

}  // namespace shared::picture_detail
