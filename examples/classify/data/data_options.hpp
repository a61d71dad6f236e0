/// \file
/// Which data: the options of every command that reads some.
#pragma once

#include <string>

#include <fkd/core/shape.hpp>

#include "data/picture_set.hpp"

namespace classify {

struct DataOptions {
  std::string where = "synthetic";  ///< or a folder
  PictureForm form = {};            ///< of pictures
  fkd::Index limit = 0;             ///< so many training images and as many test images, chosen at random; 0: all
};

/// What a folder holds, by the names of its files.
enum class DataKind { synthetic, idx, cifar, pictures };

/// \throws DataError if it is no folder, or holds none of these
DataKind kind_of(const std::string& where);

/// Digits for which a mirrored image is another thing, or things.
inline Subject subject_of(DataKind kind) {
  return kind == DataKind::synthetic || kind == DataKind::idx ? Subject::digits : Subject::things;
}

}  // namespace classify
