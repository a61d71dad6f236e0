/// \file
/// Pictures by class: a folder with a subfolder of pictures for each class.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "shared/picture/picture_folder.hpp"

namespace shared {

/// A class: the name of its folder, and the pictures in it, read or not.
struct ClassFolder {
  std::string name;
  std::vector<std::filesystem::path> files;
};

/// The classes of a folder in the order of their names, and the folders that are none.
struct ClassFolders {
  std::vector<ClassFolder> classes;
  std::vector<std::string> without = {};  ///< folders without a picture
  std::vector<std::string> nested = {};   ///< folders with folders in them, which are not looked into
};

/// \throws DataError if it is no folder, or cannot be read
ClassFolders class_folders(const std::filesystem::path& root);

/// Sentences about the folders that are left out, each with its line end.
std::string left_out(const ClassFolders& folders);

/// \throws DataError for fewer than two classes, and for a class of fewer than `fewest` pictures that could be read,
/// `counts` by class; `why` ends the sentence: "because one in five is held out"
void check_enough(const std::filesystem::path& root, const ClassFolders& folders,
                  const std::vector<std::size_t>& counts, std::size_t fewest, const std::string& why);

/// "a, b, c and 7 more": ten at most.
std::string listed(const std::vector<std::string>& items);

}  // namespace shared
