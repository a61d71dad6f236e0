/// \file
/// A grey picture of any size, and how it becomes the square of pixels that a network sees.
///
/// The largest square in the middle is cut out (a face that is squeezed is not the face that was learned), then
/// resized: each axis by averaging areas where it shrinks, so that nothing is skipped, and by linear interpolation
/// between pixel centres where it grows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "shared/common/data_error.hpp"

namespace shared {

/// One byte a pixel, 0 black to 255 white, row after row.
struct GreyPicture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;

  GreyPicture() = default;
  GreyPicture(int w, int h) : width{w}, height{h}, pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)) {}

  std::uint8_t& at(int x, int y) {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
  std::uint8_t at(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

/// A square of a picture.
struct Square {
  int left = 0, top = 0, side = 0;

  /// Where a coordinate of the square's version of `pixels` x `pixels` lies in the picture; centres of pixels are whole
  /// numbers in both.
  double picture_x(double x, int pixels) const { return left + (x + 0.5) * side / pixels - 0.5; }
  double picture_y(double y, int pixels) const { return top + (y + 0.5) * side / pixels - 0.5; }
};

inline Square centre_square(const GreyPicture& picture) {
  const int side = (std::min)(picture.width, picture.height);
  return {(picture.width - side) / 2, (picture.height - side) / 2, side};
}

namespace picture_detail {

/// The limit of a picture's size: a small file may declare any extents (100 megapixels, 300 MB while reading).
inline void check_size(std::uint64_t width, std::uint64_t height, const std::string& name) {
  constexpr std::uint64_t most = 100'000'000;
  if (width == 0 || height == 0 || width > most || height > most || width * height > most)
    throw DataError{name + ": expected a picture of at most 100 megapixels, got " + std::to_string(width) + " x " +
                    std::to_string(height)};
}

/// Rec. 601's luma, which is also the Y of a JPEG file; in 65536ths, rounded.
inline std::uint8_t luma(unsigned red, unsigned green, unsigned blue) {
  return static_cast<std::uint8_t>((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
}

/// The pixels from `first` on that make up one new pixel, and how much each counts; the weights' sum is 1.
struct Blend {
  int first = 0;
  std::vector<float> weights;
};

/// How `from` pixels become `to`.
inline std::vector<Blend> blends(int from, int to) {
  std::vector<Blend> all(static_cast<std::size_t>(to));
  const double ratio = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    Blend& blend = all[static_cast<std::size_t>(i)];
    if (from > to) {
      const double begin = i * ratio, end = (i + 1) * ratio;
      blend.first = static_cast<int>(begin);
      for (int p = blend.first; p < end && p < from; ++p)
        blend.weights.push_back(
            static_cast<float>(((std::min)(end, p + 1.0) - (std::max)(begin, static_cast<double>(p))) / ratio));
    } else {
      const double at = std::clamp((i + 0.5) * ratio - 0.5, 0.0, from - 1.0);
      blend.first = (std::min)(static_cast<int>(at), (std::max)(0, from - 2));
      const auto next = static_cast<float>(at - blend.first);
      blend.weights = from == 1 ? std::vector<float>{1.0F} : std::vector<float>{1 - next, next};
    }
  }
  return all;
}

}  // namespace picture_detail

/// A part of a picture, resized to width x height.
inline GreyPicture resized(const GreyPicture& picture, int left, int top, int part_width, int part_height, int width,
                           int height) {
  const std::vector<picture_detail::Blend> columns = picture_detail::blends(part_width, width),
                                           rows = picture_detail::blends(part_height, height);
  std::vector<float> narrow(static_cast<std::size_t>(width) * static_cast<std::size_t>(part_height));
  for (int y = 0; y < part_height; ++y) {
    const std::uint8_t* const in =
        picture.pixels.data() + static_cast<std::size_t>(top + y) * static_cast<std::size_t>(picture.width) + left;
    float* out = narrow.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    for (const picture_detail::Blend& column : columns) {
      float sum = 0;
      for (std::size_t i = 0; i < column.weights.size(); ++i)
        sum += column.weights[i] * static_cast<float>(in[static_cast<std::size_t>(column.first) + i]);
      *out++ = sum;
    }
  }
  GreyPicture result{width, height};
  for (int y = 0; y < height; ++y) {
    const picture_detail::Blend& row = rows[static_cast<std::size_t>(y)];
    for (int x = 0; x < width; ++x) {
      float sum = 0;
      for (std::size_t i = 0; i < row.weights.size(); ++i)
        sum += row.weights[i] * narrow[(static_cast<std::size_t>(row.first) + i) * static_cast<std::size_t>(width) +
                                       static_cast<std::size_t>(x)];
      result.at(x, y) = static_cast<std::uint8_t>(std::clamp(sum + 0.5F, 0.0F, 255.0F));
    }
  }
  return result;
}

inline GreyPicture resized(const GreyPicture& picture, int width, int height) {
  return resized(picture, 0, 0, picture.width, picture.height, width, height);
}

/// The square in the middle as `side` x `side` pixels.
inline GreyPicture centre_resized(const GreyPicture& picture, int side) {
  const Square square = centre_square(picture);
  return resized(picture, square.left, square.top, square.side, square.side, side, side);
}

}  // namespace shared
