/// \file
/// Folders that exist for the length of one test, and training files in the competition's format.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <support/temporary_folder.hpp>

#include "data/keypoints.hpp"
#include "data/line_reader.hpp"

namespace facial_keypoints_tests {

using Folder = tests::TemporaryFolder;

inline std::string read(const std::filesystem::path& path) { return tests::get(path); }

/// The real faces' folder, if the environment variable FKD_FACES names one.
inline std::optional<std::filesystem::path> real_faces() {
  const char* folder = std::getenv("FKD_FACES");
  if (!folder || !*folder) return std::nullopt;
  return folder;
}

/// The names of training.csv's columns.
inline std::vector<std::string> training_names() {
  std::vector<std::string> names{facial_keypoints::column_names.begin(), facial_keypoints::column_names.end()};
  names.push_back("Image");
  return names;
}

/// 9216 pixels: `first`, then 0, 1, ... 255, 0, ...
inline std::string image_text(int first = 0, int count = 9216) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i ? " " : "") + std::to_string(i == 0 ? first : i % 256);
  return text;
}

/// The fields of a good row: coordinate c is c + 0.25.
inline std::vector<std::string> good_row(int first_pixel = 0) {
  std::vector<std::string> fields;
  for (int c = 0; c < 30; ++c) fields.push_back(std::to_string(c) + ".25");
  fields.push_back(image_text(first_pixel));
  return fields;
}

inline std::string joined(const std::vector<std::string>& fields, const std::string& line_end = "\n") {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i) text += (i ? "," : "") + fields[i];
  return text + line_end;
}

/// The message of the DataError that a call throws; empty if it throws nothing.
template <class F>
std::string format_message(F&& call) {
  try {
    call();
  } catch (const facial_keypoints::DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace facial_keypoints_tests
