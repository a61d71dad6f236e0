/// \file
/// `--data D`: drawn faces for the word `synthetic`, else a folder or a zip archive with the competition's files.
#pragma once

#include <ostream>
#include <string>

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "shared/common/data_error.hpp"

namespace facial_keypoints {

/// Which files a command needs.
enum class Parts {
  training,  ///< training.csv
  test,      ///< test.csv and IdLookupTable.csv
  all        ///< training.csv, and the other two if they exist
};

/// Loads the data set `where`; see data_files.hpp. \throws DataError if it does not exist, if a required file is
/// missing, or if a file is invalid
Dataset load(const std::string& where, Parts parts);

/// The same, and prints its notes.
Dataset load(const std::string& where, Parts parts, std::ostream& print);

}  // namespace facial_keypoints
