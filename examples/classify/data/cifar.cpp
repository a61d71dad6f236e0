#include "data/cifar.hpp"

#include <cstdint>
#include <string>

#include "data/byte_file.hpp"
#include "data/class_names.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"

namespace classify {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t side = 32, plane = side * side, record = 1 + 3 * plane;
constexpr int most_batches = 99;

}  // namespace

void read_cifar(const fs::path& path, int classes, Images& images) {
  images.shape = {side, side, 3};
  ByteFile file{path};
  std::vector<std::uint8_t> bytes;
  for (fkd::Index i = 0;; ++i) {
    bytes.clear();
    const std::uint64_t got = file.read(record, bytes);
    if (got == 0) {
      if (i == 0) throw DataError{file.name() + ": expected images, got an empty file"};
      return;
    }
    if (got < record)
      throw DataError{file.name() + ": expected whole images of 3073 bytes, a label and 32 x 32 pixels, got " +
                      std::to_string(got) + " bytes after the " + std::to_string(i) + " whole ones"};
    if (bytes[0] >= classes)
      throw DataError{file.name() + ": expected labels from 0 to " + std::to_string(classes - 1) + ", got " +
                      std::to_string(bytes[0]) + " for image " + std::to_string(i) +
                      ": is the file cut, or another than CIFAR-10's?"};
    images.labels.push_back(bytes[0]);
    for (std::size_t p = 0; p < plane; ++p)
      for (std::size_t c = 0; c < 3; ++c) images.pixels.push_back(bytes[1 + c * plane + p]);
  }
}

std::vector<fs::path> cifar_batches(const fs::path& folder) {
  std::vector<fs::path> batches;
  std::error_code error;
  for (int number = 1; number <= most_batches; ++number) {
    const fs::path path = folder / ("data_batch_" + std::to_string(number) + ".bin");
    if (fs::exists(path, error)) batches.push_back(path);
  }
  return batches;
}

ImageSet read_cifar_folder(const fs::path& folder) {
  ImageSet set;
  set.name = folder.string();
  set.classes = read_class_names(folder / "batches.meta.txt");
  if (set.classes.empty())
    set.classes = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  if (set.classes.size() != 10)
    throw DataError{shown(folder / "batches.meta.txt") + ": expected the names of CIFAR-10's 10 classes, got " +
                    std::to_string(set.classes.size())};
  for (const fs::path& batch : cifar_batches(folder)) read_cifar(batch, 10, set.training);
  std::error_code error;
  if (!fs::exists(folder / "test_batch.bin", error))
    throw DataError{shown(folder) + ": expected test_batch.bin beside the other files, got no such file"};
  read_cifar(folder / "test_batch.bin", 10, set.test);
  return set;
}

}  // namespace classify
