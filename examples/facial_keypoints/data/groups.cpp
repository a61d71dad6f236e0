#include "data/groups.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

#include <fkd/runtime/parallel.hpp>

namespace facial_keypoints {
namespace {

constexpr std::size_t thumbnail_side = 16;
constexpr std::size_t thumbnail_size = thumbnail_side * thumbnail_side;
constexpr double unit = 16384;  // the length of a thumbnail: products of two are below 2^28

/// Grey means of 6x6 pixels, with mean 0 and length `unit`; zeros for a picture of one grey.
using Thumbnail = std::array<std::int16_t, thumbnail_size>;

Thumbnail thumbnail_of(std::span<const std::uint8_t> image) {
  constexpr std::size_t step = image_side / thumbnail_side;
  std::array<std::int32_t, thumbnail_size> sums{};
  for (std::size_t y = 0; y < image_side; ++y)
    for (std::size_t x = 0; x < image_side; ++x)
      sums[y / step * thumbnail_side + x / step] += image[y * image_side + x];
  const std::int64_t total = std::accumulate(sums.begin(), sums.end(), std::int64_t{0});
  std::int64_t squares = 0;  // of 256 times the difference from the mean: whole numbers
  for (const std::int32_t sum : sums) {
    const std::int64_t difference = static_cast<std::int64_t>(thumbnail_size) * sum - total;
    squares += difference * difference;
  }
  Thumbnail thumbnail{};
  if (squares == 0) return thumbnail;
  const double scale = unit / std::sqrt(static_cast<double>(squares));
  for (std::size_t i = 0; i < thumbnail_size; ++i)
    thumbnail[i] = static_cast<std::int16_t>(
        std::lrint(scale * static_cast<double>(static_cast<std::int64_t>(thumbnail_size) * sums[i] - total)));
  return thumbnail;
}

std::int32_t product(const Thumbnail& a, const Thumbnail& b) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < thumbnail_size; ++i) sum += std::int32_t{a[i]} * b[i];
  return sum;
}

}  // namespace

std::vector<std::size_t> groups_of(const Faces& faces, std::span<const fkd::Index> rows, double correlation) {
  std::vector<Thumbnail> thumbnails(rows.size());
  fkd::run_tasks(static_cast<fkd::Index>(rows.size()), [&](fkd::Index i, int) {
    const auto at = static_cast<std::size_t>(i);
    thumbnails[at] = thumbnail_of(faces.image(rows[at]));
  });
  const auto least = static_cast<std::int32_t>(correlation * unit * unit);
  std::vector<std::vector<std::size_t>> earlier(rows.size());  // those like it that stand before it
  fkd::run_tasks(static_cast<fkd::Index>(rows.size()), [&](fkd::Index i, int) {
    const auto at = static_cast<std::size_t>(i);
    for (std::size_t j = 0; j < at; ++j)
      if (product(thumbnails[at], thumbnails[j]) > least) earlier[at].push_back(j);
  });

  std::vector<std::size_t> first(rows.size());  // a forest: the parent of each, in the end its root
  std::iota(first.begin(), first.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (first[i] != i) i = first[i] = first[first[i]];
    return i;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::size_t j : earlier[i]) {
      const std::size_t a = root(i), b = root(j);
      first[(std::max)(a, b)] = (std::min)(a, b);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) first[i] = root(i);
  return first;
}

}  // namespace facial_keypoints
