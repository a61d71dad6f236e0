/// \file
/// The pictures of a folder. Skips the files that operating systems leave there, and damaged pictures.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <vector>

#include <fkd/core/shape.hpp>

#include "shared/picture/colour_picture.hpp"
#include "shared/picture/grey_picture.hpp"

namespace shared {

/// The entries of a folder in the order of names, without hidden names (.DS_Store, ._1.png, .ipynb_checkpoints),
/// __MACOSX, Thumbs.db, desktop.ini and the like.
/// \throws DataError if it is no folder, or cannot be read
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);

/// Those entries of a folder that are pictures by their names, or, where a name has no ending, by their first bytes.
/// Pictures in formats that cannot be read are included, so that they are reported. Folders are not.
std::vector<std::filesystem::path> picture_files(const std::vector<std::filesystem::path>& entries);

/// The pictures of a folder, in the order of their names. \throws DataError if it is no folder, or holds none
std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder);

/// Reads pictures one at a time, because a photograph may be larger than a network, and calls `use(file, picture)`. A
/// picture that cannot be read is reported and skipped. Returns the number of those.
fkd::Index read_pictures(const std::vector<std::filesystem::path>& files, std::ostream& print,
                         const std::function<void(const std::filesystem::path&, const GreyPicture&)>& use);

/// The same in colours.
fkd::Index read_colour_pictures(const std::vector<std::filesystem::path>& files, std::ostream& print,
                                const std::function<void(const std::filesystem::path&, const ColourPicture&)>& use);

}  // namespace shared
