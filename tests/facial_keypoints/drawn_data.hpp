/// \file
/// A small data folder for the commands.
#pragma once

#include <span>
#include <string>

#include <fkd/core/is_nan.hpp>

#include "files.hpp"
#include "synthetic/synthetic_dataset.hpp"

namespace facial_keypoints_tests {

/// Writes drawn faces in the competition's three files, the lookup table with rows of three fields as it is served.
inline void write_data(const Folder& folder, fkd::Index training, fkd::Index complete, fkd::Index test) {
  const facial_keypoints::SyntheticSizes sizes{
      .training = training, .complete = complete, .lacking_one = 2, .test = test, .asked_in_full = 2};
  const auto image = [](std::span<const std::uint8_t> pixels) {
    std::string text;
    for (const std::uint8_t pixel : pixels) text += (text.empty() ? "" : " ") + std::to_string(int{pixel});
    return text;
  };
  std::string text = joined(training_names());
  const facial_keypoints::Faces faces = facial_keypoints::synthetic_training(fkd::Seed{5}, sizes);
  for (fkd::Index i = 0; i < faces.size(); ++i) {
    for (const float value : faces.target(i)) text += (fkd::is_nan(value) ? "" : std::to_string(value)) + ",";
    text += image(faces.image(i)) + "\n";
  }
  folder.write("training.csv", text);

  const facial_keypoints::TestSet set = facial_keypoints::synthetic_test(fkd::Seed{5}, sizes);
  text = "ImageId,Image\n";
  for (fkd::Index i = 0; i < set.faces.size(); ++i)
    text += std::to_string(set.image_ids[static_cast<std::size_t>(i)]) + "," + image(set.faces.image(i)) + "\n";
  folder.write("test.csv", text);
  text = "RowId,ImageId,FeatureName,Location\r\n";
  for (auto row = set.lookup.rbegin(); row != set.lookup.rend(); ++row)  // backwards: the order is the file's
    text += std::to_string(row->row_id) + "," + std::to_string(row->image + 1) + "," +
            std::string{facial_keypoints::column_names[row->column]} + "\r\n";
  folder.write("IdLookupTable.csv", text);
}

}  // namespace facial_keypoints_tests
