/// \file
/// RGB pictures: grey and coloured images enlarged, dots and rings drawn over them, PNG files.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <png.h>

#include <fkd/io/write_file.hpp>

namespace shared {

using Colour = std::array<std::uint8_t, 3>;

inline constexpr Colour green{60, 230, 90}, red{255, 70, 60}, white{255, 255, 255}, charcoal{24, 26, 32};

/// A grey from 0 to 255 without its fraction; what lies beyond is the end, and what is no number is black.
inline std::uint8_t grey_byte(float grey) {
  return grey > 0 ? static_cast<std::uint8_t>((std::min)(grey, 255.0F)) : std::uint8_t{0};
}

/// An image in memory, row after row, pixel after pixel; it does not own its bytes.
struct ImageView {
  std::span<const std::uint8_t> bytes;
  int width = 0, height = 0;
  int channels = 1;  ///< 1: grey; 3: red, green, blue

  /// Channel 0 to 2 of a pixel; those of a grey image are equal.
  double at(int x, int y, int channel) const {
    return bytes[static_cast<std::size_t>((y * width + x) * channels + (channels == 1 ? 0 : channel))];
  }
};

/// An RGB picture, 3 bytes a pixel, row after row.
class Picture {
 public:
  Picture(int width, int height, Colour fill = charcoal) : width_{width}, height_{height} {
    rgb_.reserve(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int i = 0; i < width * height; ++i) rgb_.insert(rgb_.end(), fill.begin(), fill.end());
  }

  int width() const { return width_; }
  int height() const { return height_; }
  std::span<const std::uint8_t> rgb() const { return rgb_; }
  Colour at(int x, int y) const { return {rgb_[offset(x, y)], rgb_[offset(x, y) + 1], rgb_[offset(x, y) + 2]}; }

  /// Mixes a colour into a pixel, 0 leaves it and 1 replaces it; nothing happens outside the picture.
  void blend(int x, int y, Colour colour, double opacity) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    for (std::size_t c = 0; c < 3; ++c) {
      std::uint8_t& byte = rgb_[offset(x, y) + c];
      byte = static_cast<std::uint8_t>(byte + opacity * (colour[c] - byte) + 0.5);
    }
  }

  /// A filled dot, anti-aliased: centre and radius in pixels.
  void dot(double x, double y, double radius, Colour colour) {
    around(
        x, y, radius, [&](double distance) { return radius - distance; }, colour);
  }

  /// A ring of a line width of 1.2 pixels.
  void ring(double x, double y, double radius, Colour colour) {
    around(
        x, y, radius + 1, [&](double distance) { return 0.6 - std::abs(distance - radius); }, colour);
  }

  /// Puts an image of bytes, `channels` 1 (grey) or 3, at (left, top), each pixel `scale` x `scale`, values between the
  /// centres interpolated.
  void put(ImageView image, int left, int top, int scale) {
    for (int y = 0; y < image.height * scale; ++y) {
      for (int x = 0; x < image.width * scale; ++x) {
        const double at_x = std::clamp((x + 0.5) / scale - 0.5, 0.0, image.width - 1.0),
                     at_y = std::clamp((y + 0.5) / scale - 0.5, 0.0, image.height - 1.0);
        const int x0 = (std::min)(static_cast<int>(at_x), (std::max)(0, image.width - 2)),
                  y0 = (std::min)(static_cast<int>(at_y), (std::max)(0, image.height - 2));
        const int x1 = (std::min)(x0 + 1, image.width - 1), y1 = (std::min)(y0 + 1, image.height - 1);
        const double tx = at_x - x0, ty = at_y - y0;
        Colour colour{};
        for (int c = 0; c < 3; ++c) {
          const double value = (1 - ty) * ((1 - tx) * image.at(x0, y0, c) + tx * image.at(x1, y0, c)) +
                               ty * ((1 - tx) * image.at(x0, y1, c) + tx * image.at(x1, y1, c));
          colour[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(value + 0.5);
        }
        blend(left + x, top + y, colour, 1);
      }
    }
  }

 private:
  std::size_t offset(int x, int y) const { return 3 * static_cast<std::size_t>(y * width_ + x); }

  template <class Inside>
  void around(double x, double y, double reach, Inside&& inside, Colour colour) {
    if (!(std::abs(x) < 1e6 && std::abs(y) < 1e6)) return;  // unknown, or a prediction gone wild
    for (int py = static_cast<int>(y - reach) - 1; py <= static_cast<int>(y + reach) + 1; ++py)
      for (int px = static_cast<int>(x - reach) - 1; px <= static_cast<int>(x + reach) + 1; ++px)
        blend(px, py, colour, std::clamp(inside(std::hypot(px - x, py - y)) + 0.5, 0.0, 1.0));
  }

  int width_, height_;
  std::vector<std::uint8_t> rgb_;
};

/// Writes a PNG file, 8 bits a channel. \throws fkd::FileError
inline void write_png(const Picture& picture, const std::filesystem::path& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width());
  image.height = static_cast<png_uint_32>(picture.height());
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);  // a bound; the second call says the size itself
  std::vector<char> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.rgb().data(), 0, nullptr))
    throw fkd::FileError{path.string() + ": cannot be written: " + image.message};
  fkd::io::write_file(path, [&](std::ostream& out) { out.write(bytes.data(), static_cast<std::streamsize>(size)); });
}

}  // namespace shared
