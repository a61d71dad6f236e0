/// \file
/// `--data D`: drawn faces for the word `synthetic`, else a folder with the competition's files.
#pragma once

#include <filesystem>
#include <string>

#include "faces.hpp"
#include "kaggle.hpp"
#include "synthetic.hpp"

namespace facial_keypoints {

/// Which files a command needs.
enum class Parts { training, test, both };

/// Loads what `where` stands for. \throws DataError if it is neither `synthetic` nor a folder with good files.
inline Dataset load(const std::string& where, Parts parts) {
  Dataset data;
  data.name = where;
  if (where == "synthetic") {
    if (parts != Parts::test) data.training = synthetic_training();
    if (parts != Parts::training) data.test = synthetic_test();
    return data;
  }
  const std::filesystem::path folder = where;
  if (!std::filesystem::is_directory(folder))
    throw DataError{
        where + ": expected the word synthetic or a folder with training.csv, test.csv and IdLookupTable.csv, got " +
        (std::filesystem::exists(folder) ? "a file" : "no such folder")};
  if (parts != Parts::test) data.training = read_training(folder / "training.csv");
  if (parts != Parts::training) data.test = read_test(folder / "test.csv", folder / "IdLookupTable.csv");
  return data;
}

}  // namespace facial_keypoints
