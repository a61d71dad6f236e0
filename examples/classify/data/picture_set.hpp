/// \file
/// Folders of PNG and JPEG pictures by class, of any size: FOLDER/cat/1.jpg, FOLDER/dog/1.png, ...
#pragma once

#include <filesystem>
#include <ostream>

#include "common/shared.hpp"
#include "data/images.hpp"

namespace classify {

/// How pictures become images of one size.
struct PictureForm {
  int side = 32;      ///< of the square in the middle, which is resized, pixels
  bool grey = false;  ///< one channel, not three

  friend bool operator==(const PictureForm&, const PictureForm&) = default;
};

/// With folders `train` and `test` in it these are the two sets, with the same classes; otherwise every fifth picture
/// of a class is a test picture. Pictures that cannot be read are reported and skipped, and so are the files that
/// operating systems leave. \throws DataError for fewer than two classes, for too few pictures of one, and for a class
/// that only one of the two sets has
ImageSet read_picture_set(const std::filesystem::path& folder, const PictureForm& form, std::ostream& print);

}  // namespace classify
