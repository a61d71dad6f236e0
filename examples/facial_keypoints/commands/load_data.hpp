/// \file
/// `--data D`: drawn faces for the word `synthetic`, else a folder or a zip archive with the competition's files.
#pragma once

#include <ostream>
#include <string>

#include "common/data_error.hpp"
#include "data/dataset.hpp"

namespace facial_keypoints {

/// Which files a command needs.
enum class Parts {
  training,  ///< training.csv
  test,      ///< test.csv and IdLookupTable.csv
  all        ///< training.csv, and of the others what is there
};

/// Loads what `where` stands for; see data_files.hpp. \throws DataError if there is nothing, if a file that is needed
/// is missing, or if one that is read is not good
Dataset load(const std::string& where, Parts parts);

/// The same, and prints what the user should know about the data.
Dataset load(const std::string& where, Parts parts, std::ostream& print);

}  // namespace facial_keypoints
