#include "picture/picture_with_points.hpp"

#include <algorithm>

namespace facial_keypoints {

Picture drawn_points(const GreyPicture& original, std::span<const float> points, int largest) {
  const int side = (std::max)(original.width, original.height);
  const double scale = side > largest ? static_cast<double>(largest) / side : 1;
  const auto scaled = [&](int extent) { return (std::max)(1, static_cast<int>(extent * scale + 0.5)); };
  const GreyPicture grey = scale < 1 ? resized(original, scaled(original.width), scaled(original.height)) : original;
  Picture picture{grey.width, grey.height};
  for (int y = 0; y < grey.height; ++y)
    for (int x = 0; x < grey.width; ++x) picture.blend(x, y, {grey.at(x, y), grey.at(x, y), grey.at(x, y)}, 1);
  const double radius = (std::max)(1.5, 0.009 * (std::min)(grey.width, grey.height));
  for (std::size_t c = 0; c + 1 < points.size(); c += 2) {
    const double x = (static_cast<double>(points[c]) + 0.5) * scale - 0.5,
                 y = (static_cast<double>(points[c + 1]) + 0.5) * scale - 0.5;
    picture.dot(x, y, radius + 1, charcoal);
    picture.dot(x, y, radius, green);
  }
  return picture;
}

}  // namespace facial_keypoints
