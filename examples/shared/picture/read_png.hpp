/// \file
/// Decodes a PNG file with libpng.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <png.h>

#include "shared/picture/colour_picture.hpp"
#include "shared/picture/exif.hpp"
#include "shared/picture/grey_picture.hpp"

namespace shared::picture_detail {

/// The bytes of a file as numbers.
inline std::span<const std::uint8_t> as_numbers(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// Four bytes, the highest first. They have to be there.
inline std::uint32_t png_number(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : as_numbers(bytes.substr(at, 4))) value = value << 8U | byte;
  return value;
}

/// The data of the first chunk of a kind; empty if there is none. (libpng's simple way of reading shows no chunks.)
inline std::string_view png_chunk(std::string_view bytes, std::string_view kind) {
  constexpr std::size_t signature = 8, frame = 12;  // length, kind, checksum
  for (std::size_t at = signature; at + frame <= bytes.size();) {
    const std::size_t length = png_number(bytes, at);
    if (length > bytes.size() - at - frame) break;
    if (bytes.substr(at + 4, 4) == kind) return bytes.substr(at + 8, length);
    at += frame + length;
  }
  return {};
}

/// A small file may declare a hundred megapixels. Deflate expands at most 1032 times, and a pixel is at least a bit, so
/// a file that is too short for its extents is refused before memory is allocated.
inline bool png_can_be_whole(const png_image& image, std::size_t bytes) {
  return static_cast<std::uint64_t>(image.width) * image.height / 8 <= std::uint64_t{1032} * bytes;
}

/// A picture's samples as they are stored, 3 bytes a pixel, and how to turn them.
struct StoredRgb {
  int width = 0, height = 0, orientation = 1;
  std::vector<std::uint8_t> rgb;
};

/// Transparency is laid on white; the samples are sRGB, 8 bits.
inline StoredRgb decode_png_rgb(const std::string& bytes, const std::string& name) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const auto refuse = [&](const std::string& why) {
    return DataError{name + ": expected a whole PNG picture, got one that cannot be read: " + why};
  };
  struct Release {
    png_image* image;
    ~Release() { png_image_free(image); }
  } const release{&image};
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) throw refuse(image.message);
  check_size(image.width, image.height, name);
  if (!png_can_be_whole(image, bytes.size()))
    throw refuse("it says " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                 ", and is too short for that");
  image.format = PNG_FORMAT_RGB;
  // Else libpng takes 16 bits for linear light where no chunk says what they are: 0x8080 became 188, not 128.
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  StoredRgb stored{static_cast<int>(image.width), static_cast<int>(image.height),
                   tiff_orientation(as_numbers(png_chunk(bytes, "eXIf"))),
                   std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  const png_color white_paper{255, 255, 255};
  if (!png_image_finish_read(&image, &white_paper, stored.rgb.data(), 0, nullptr)) throw refuse(image.message);
  return stored;
}

inline GreyPicture decode_png(const std::string& bytes, const std::string& name) {
  const auto [width, height, orientation, rgb] = decode_png_rgb(bytes, name);
  GreyPicture picture{width, height};
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = luma(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
  return upright(picture, orientation);
}

inline ColourPicture decode_colour_png(const std::string& bytes, const std::string& name) {
  const auto [width, height, orientation, rgb] = decode_png_rgb(bytes, name);
  return upright_planes(rgb, width, height, orientation);
}

}  // namespace shared::picture_detail
