/// \file
/// Where the competition's files are: a folder or a zip archive with some of training.csv, test.csv and
/// IdLookupTable.csv, or one table by itself.
///
/// In a folder the first of these is read that is there, for training.csv say: training.csv, training.csv.gz,
/// training.csv.zip, training.zip, training/training.csv (or training.csv/training.csv), and
/// facial-keypoints-detection.zip, which holds the other archives.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "data/archives.hpp"
#include "data/text_source.hpp"

namespace facial_keypoints {

class DataFiles {
 public:
  /// \throws DataError if there is nothing of that name
  explicit DataFiles(const std::string& where);

  /// Opens a table; null if there is none. \throws DataError
  std::unique_ptr<TextSource> find(const std::string& table) const;

  /// Opens a table. \throws DataError, also if there is none: with a file that may be what was meant
  std::unique_ptr<TextSource> open(const std::string& table) const;

 private:
  enum class Kind { folder, archive, table };
  std::filesystem::path path_;
  Kind kind_ = Kind::folder;
};

}  // namespace facial_keypoints
