#include "data/picture_set.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>

#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"
#include "shared/picture/class_folders.hpp"

namespace classify {
namespace {

namespace fs = std::filesystem;

/// Reads the pictures of a class and calls `put(bytes)` for each as an image.
void read_class(const ClassFolder& folder, const PictureForm& form, std::ostream& print,
                const std::function<void(const std::vector<std::uint8_t>&)>& put) {
  if (form.grey) {
    read_pictures(folder.files, print,
                  [&](const fs::path&, const GreyPicture& picture) { put(centre_resized(picture, form.side).pixels); });
    return;
  }
  read_colour_pictures(folder.files, print, [&](const fs::path&, const ColourPicture& picture) {
    std::vector<std::uint8_t> bytes(3 * static_cast<std::size_t>(form.side) * static_cast<std::size_t>(form.side));
    for (std::size_t c = 0; c < 3; ++c) {
      const GreyPicture plane = centre_resized(picture.planes[c], form.side);
      for (std::size_t i = 0; i < plane.pixels.size(); ++i) bytes[3 * i + c] = plane.pixels[i];
    }
    put(bytes);
  });
}

void append(Images& images, const std::vector<std::uint8_t>& bytes, std::size_t label) {
  images.pixels.insert(images.pixels.end(), bytes.begin(), bytes.end());
  images.labels.push_back(static_cast<int>(label));
}

std::vector<std::string> names_of(const ClassFolders& folders) {
  std::vector<std::string> names;
  for (const ClassFolder& folder : folders.classes) names.push_back(folder.name);
  return names;
}

/// A set in a folder of its own.
Images read_part(const fs::path& folder, const ClassFolders& folders, const PictureForm& form, std::ostream& print) {
  Images images;
  std::vector<std::size_t> counts;
  for (std::size_t label = 0; label < folders.classes.size(); ++label) {
    const std::size_t before = images.labels.size();
    read_class(folders.classes[label], form, print, [&](const auto& bytes) { append(images, bytes, label); });
    counts.push_back(images.labels.size() - before);
  }
  check_enough(folder, folders, counts, 1, "");
  print << left_out(folders);
  return images;
}

}  // namespace

ImageSet read_picture_set(const fs::path& folder, const PictureForm& form, std::ostream& print) {
  constexpr std::size_t fewest = 5;  // pictures of a class: one in so many is a test picture
  ImageSet set;
  set.name = folder.string();
  std::error_code error;
  if (fs::is_directory(folder / "train", error) && fs::is_directory(folder / "test", error)) {
    const ClassFolders training = class_folders(folder / "train"), test = class_folders(folder / "test");
    set.classes = names_of(training);
    if (const std::vector<std::string> others = names_of(test); others != set.classes)
      throw DataError{shown(folder / "test") + ": expected the classes of the folder train, " + listed(set.classes) +
                      ", got " + (others.empty() ? "none" : listed(others))};
    set.training = read_part(folder / "train", training, form, print);
    set.test = read_part(folder / "test", test, form, print);
  } else {
    const ClassFolders folders = class_folders(folder);
    set.classes = names_of(folders);
    std::vector<std::size_t> counts;
    for (std::size_t label = 0; label < folders.classes.size(); ++label) {
      std::size_t number = 0;
      read_class(folders.classes[label], form, print, [&](const auto& bytes) {
        append(number++ % fewest == fewest - 1 ? set.test : set.training, bytes, label);
      });
      counts.push_back(number);
    }
    check_enough(folder, folders, counts, fewest, "because one in five is held out");
    print << left_out(folders);
  }
  const fkd::Shape shape{form.side, form.side, form.grey ? 1 : 3};
  set.training.shape = set.test.shape = shape;
  return set;
}

}  // namespace classify
