#include "shared/picture/class_folders.hpp"

#include <algorithm>

#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"

namespace shared {

namespace fs = std::filesystem;

ClassFolders class_folders(const fs::path& root) {
  ClassFolders found;
  for (const fs::path& folder : entries_of(root)) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) continue;
    const std::vector<fs::path> entries = entries_of(folder);
    ClassFolder one{shown(folder.filename()), picture_files(entries)};
    if (std::any_of(entries.begin(), entries.end(),
                    [&](const fs::path& entry) { return fs::is_directory(entry, error); }))
      found.nested.push_back(one.name);
    if (one.files.empty()) {
      found.without.push_back(one.name);
    } else {
      found.classes.push_back(std::move(one));
    }
  }
  return found;
}

std::string left_out(const ClassFolders& folders) {
  std::string text;
  if (!folders.without.empty()) text += "folders without a picture, left out: " + listed(folders.without) + "\n";
  if (!folders.nested.empty())
    text += "folders in a class's folder are not looked into: those of " + listed(folders.nested) + "\n";
  return text;
}

void check_enough(const fs::path& root, const ClassFolders& folders, const std::vector<std::size_t>& counts,
                  std::size_t fewest, const std::string& why) {
  if (folders.classes.size() < 2)
    throw DataError{shown(root) + ": expected a folder of pictures for each of two classes or more, got " +
                    std::to_string(folders.classes.size()) +
                    (folders.nested.empty()
                         ? ""
                         : "; there are folders in " + listed(folders.nested) + ": are the classes there?")};
  std::vector<std::string> small;
  for (std::size_t c = 0; c < folders.classes.size(); ++c)
    if (counts[c] < fewest) small.push_back(std::to_string(counts[c]) + " of " + folders.classes[c].name);
  if (!small.empty())
    throw DataError{shown(root) + ": expected at least " + std::to_string(fewest) +
                    " pictures of each class that can be read" + (why.empty() ? "" : ", " + why) + "; got " +
                    listed(small)};
}

std::string listed(const std::vector<std::string>& items) {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t i = 0; i < (std::min)(items.size(), most); ++i) text += (i == 0 ? "" : ", ") + items[i];
  return items.size() > most ? text + " and " + std::to_string(items.size() - most) + " more" : text;
}

}  // namespace shared
