/// \file
/// The pictures of a folder, as folders are: beside pictures there are things that a system or another program left,
/// and a picture may be damaged.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <vector>

#include <fkd/core/shape.hpp>

#include "picture/grey_picture.hpp"

namespace facial_keypoints {

/// What is in a folder, in the order of names, without what no user put there: hidden names (.DS_Store, ._1.png,
/// .ipynb_checkpoints), __MACOSX, Thumbs.db, desktop.ini and the like.
/// \throws DataError if it is no folder, or cannot be read
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);

/// Those entries of a folder that are pictures by their names, or, where a name has no ending, by their first bytes. A
/// picture of a kind that is not read is among them, so that it is not overlooked in silence. Folders are not.
std::vector<std::filesystem::path> picture_files(const std::vector<std::filesystem::path>& entries);

/// The pictures of a folder, in the order of their names. \throws DataError if it is no folder, or holds none
std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder);

/// Reads pictures one at a time, because a photograph may be larger than a network, and calls `use(file, picture)`. A
/// picture that cannot be read is said in a sentence and left out. Returns how many were.
fkd::Index read_pictures(const std::vector<std::filesystem::path>& files, std::ostream& print,
                         const std::function<void(const std::filesystem::path&, const GreyPicture&)>& use);

}  // namespace facial_keypoints
