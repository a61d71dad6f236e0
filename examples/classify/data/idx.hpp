/// \file
/// MNIST's files, in the form that its authors call IDX (LeCun, Cortes, Burges: "The MNIST database of handwritten
/// digits", section "File formats"): two bytes 0, the type of a value (8: an unsigned byte), the number of extents, the
/// extents in 4 bytes each with the highest first, and the values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <fkd/core/shape.hpp>

#include "common/shared.hpp"
#include "data/images.hpp"

namespace classify {

/// Grey images of one size, and no labels yet. Reads the file plain or in gzip. \throws DataError if it is not exactly
/// one such file
Images read_idx_images(const std::filesystem::path& path);

/// The labels, as they are. \throws DataError if it is not exactly one such file
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path);

/// The file of that name in the folder, also under the name that some programs unpack it to (`train-images.idx3-ubyte`
/// for `train-images-idx3-ubyte`), plain or `.gz`; empty if there is none.
std::filesystem::path find_idx(const std::filesystem::path& folder, const std::string& name);

/// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`: MNIST,
/// and the sets that took its form. The classes are the digits, or the lines of a file `classes.txt` in the folder.
/// \throws DataError for a file that is missing or damaged, for counts that differ, and for a label that is no class
ImageSet read_idx_folder(const std::filesystem::path& folder);

}  // namespace classify
