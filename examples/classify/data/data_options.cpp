#include "data/data_options.hpp"

#include <filesystem>

#include "data/cifar.hpp"
#include "data/idx.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"
#include "shared/picture/class_folders.hpp"

namespace classify {

DataKind kind_of(const std::string& where) {
  namespace fs = std::filesystem;
  if (where == "synthetic") return DataKind::synthetic;
  const fs::path folder = where;
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw DataError{shown(folder) + ": expected the word synthetic or a folder, got " +
                    (fs::exists(folder, error) ? "a file" : "no such folder")};
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"})
    if (!find_idx(folder, name).empty()) return DataKind::idx;
  if (!cifar_batches(folder).empty()) return DataKind::cifar;
  for (const fs::path& entry : entries_of(folder))
    if (fs::is_directory(entry, error)) return DataKind::pictures;
  throw DataError{shown(folder) +
                  ": expected MNIST's files (train-images-idx3-ubyte and the others, plain or .gz), CIFAR-10's "
                  "(data_batch_1.bin and the others) or a folder of pictures for each class, got none of these"};
}

}  // namespace classify
