#include "shared/report/layer_picture.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace shared {

namespace {

/// One grey image of a grid.
struct Tile {
  int width = 1, height = 1;
  std::vector<float> values;
};

/// A channel each, or the values of a flat output folded into the squarest rectangle.
std::vector<Tile> tiles_of(const fkd::Batch<float>& values) {
  const fkd::Shape shape = values.shape();
  const auto count = static_cast<int>(shape.size());
  if (shape.is_flat()) {
    const int width = static_cast<int>(std::ceil(std::sqrt(count)));
    Tile tile{width, (count + width - 1) / width, {values.data(), values.data() + count}};
    tile.values.resize(static_cast<std::size_t>(tile.width * tile.height),
                       *std::min_element(values.data(), values.data() + count));
    return {tile};
  }
  std::vector<Tile> tiles;
  for (fkd::Index c = 0; c < shape.channels; ++c) {
    Tile tile{static_cast<int>(shape.width), static_cast<int>(shape.height), {}};
    for (fkd::Index pixel = 0; pixel < shape.height * shape.width; ++pixel)
      tile.values.push_back(values.data()[pixel * shape.channels + c]);
    tiles.push_back(std::move(tile));
  }
  return tiles;
}

}  // namespace

Picture layer_picture(const fkd::Batch<float>& values) {
  const std::vector<Tile> tiles = tiles_of(values);
  const auto count = static_cast<int>(tiles.size());
  int columns = static_cast<int>(std::ceil(std::sqrt(count)));
  for (int wider = columns; wider < 2 * columns; ++wider)  // 32 channels: 8 x 4, and no place is left empty
    if (count % wider == 0) {
      columns = wider;
      break;
    }
  const int rows = (count + columns - 1) / columns, width = tiles[0].width, height = tiles[0].height;
  const int scale = std::clamp(960 / (columns * width), 1, 24);
  Picture picture{columns * (width * scale + 2) + 2, rows * (height * scale + 2) + 2};
  for (int t = 0; t < count; ++t) {
    const Tile& tile = tiles[static_cast<std::size_t>(t)];
    const auto [least, largest] = std::minmax_element(tile.values.begin(), tile.values.end());
    const float range = *largest > *least ? *largest - *least : 1;
    const int left = 2 + t % columns * (width * scale + 2), top = 2 + t / columns * (height * scale + 2);
    for (int y = 0; y < height * scale; ++y)
      for (int x = 0; x < width * scale; ++x) {
        const float value = tile.values[static_cast<std::size_t>(y / scale * width + x / scale)];
        const auto grey = grey_byte(255 * (value - *least) / range + 0.5F);
        picture.blend(left + x, top + y, {grey, grey, grey}, 1);
      }
  }
  return picture;
}

}  // namespace shared
