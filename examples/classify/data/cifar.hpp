/// \file
/// CIFAR-10's binary files (Krizhevsky 2009, "Learning multiple layers of features from tiny images"; the form:
/// "CIFAR-10 binary version"): for each image a byte with its label and 32 x 32 bytes of red, of green and of blue, row
/// after row.
#pragma once

#include <filesystem>
#include <vector>

#include "common/shared.hpp"
#include "data/images.hpp"

namespace classify {

/// Appends the images of one file, red, green and blue beside each other. \throws DataError if it does not hold whole
/// images, or a label is no class
void read_cifar(const std::filesystem::path& path, int classes, Images& images);

/// `data_batch_1.bin` and so on in the folder, in the order of their numbers.
std::vector<std::filesystem::path> cifar_batches(const std::filesystem::path& folder);

/// The batches and `test_batch.bin`; the names of the classes from `batches.meta.txt`, else CIFAR-10's. \throws
/// DataError
ImageSet read_cifar_folder(const std::filesystem::path& folder);

}  // namespace classify
