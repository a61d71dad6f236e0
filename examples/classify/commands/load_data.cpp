#include "commands/load_data.hpp"

#include <algorithm>
#include <vector>

#include <fkd/core/random.hpp>

#include "data/cifar.hpp"
#include "data/idx.hpp"
#include "synthetic/synthetic_set.hpp"

namespace classify {
namespace {

ImageSet read(const DataOptions& options, std::ostream& print) {
  switch (kind_of(options.where)) {
    case DataKind::synthetic:
      return synthetic_set();
    case DataKind::idx:
      return read_idx_folder(options.where);
    case DataKind::cifar:
      return read_cifar_folder(options.where);
    default:
      return read_picture_set(options.where, options.form, print);
  }
}

/// Images at random, the same ones every time, in their order: a file may be sorted by class, or have its classes in
/// turn.
void keep(Images& images, fkd::Index limit) {
  if (limit <= 0 || images.size() <= limit) return;
  Images kept;
  kept.shape = images.shape;
  const fkd::Random random{fkd::Seed{}, fkd::Purpose::user + 3};
  std::vector<std::ptrdiff_t> rows = fkd::random_order(images.size(), random);
  rows.resize(static_cast<std::size_t>(limit));
  std::sort(rows.begin(), rows.end());
  for (const fkd::Index row : rows) {
    const std::span<const std::uint8_t> image = images.image(row);
    kept.pixels.insert(kept.pixels.end(), image.begin(), image.end());
    kept.labels.push_back(images.label(row));
  }
  images = std::move(kept);
}

}  // namespace

ImageSet load(const DataOptions& options, std::ostream& print) {
  ImageSet set = read(options, print);
  keep(set.training, options.limit);
  keep(set.test, options.limit);
  return set;
}

}  // namespace classify
