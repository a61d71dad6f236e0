#include "shared/picture/picture_folder.hpp"

#include <algorithm>
#include <cctype>
#include <new>
#include <string>
#include <string_view>

#include "shared/picture/read_picture.hpp"

namespace shared {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <std::size_t n>
bool is_one_of(const std::string& word, const std::string_view (&words)[n]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

/// Whether a system or another program put it there.
bool is_passed_over(const fs::path& entry) {
  constexpr std::string_view names[] = {"__macosx",     "@eadir",      "#recycle",
                                        "$recycle.bin", "lost+found",  "thumbs.db",
                                        "ehthumbs.db",  "desktop.ini", "system volume information",
                                        "__pycache__"};
  const std::string name = lower(entry.filename().string());
  return name.starts_with('.') || is_one_of(name, names);
}

bool begins_like_a_picture(const fs::path& file) {
  char first[8] = {};
  std::ifstream in{file, std::ios::binary};
  in.read(first, sizeof first);
  const std::string_view bytes{first, static_cast<std::size_t>(in.gcount())};
  return picture_detail::is_png(bytes) || picture_detail::is_jpeg(bytes);
}

/// `read` is the function that reads one.
template <class P>
fkd::Index read_each(const std::vector<fs::path>& files, std::ostream& print, P (*read)(const fs::path&),
                     const std::function<void(const fs::path&, const P&)>& use) {
  fkd::Index left_out = 0;
  for (const fs::path& file : files) {
    P picture;
    try {
      picture = read(file);
    } catch (const DataError& error) {
      print << error.what() << "; left out\n";
      ++left_out;
      continue;
    } catch (const std::bad_alloc&) {
      print << shown(file) << ": expected enough memory for this picture, got none; left out\n";
      ++left_out;
      continue;
    }
    use(file, picture);
  }
  return left_out;
}

}  // namespace

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw DataError{shown(folder) + ": expected a folder with pictures, got " +
                    (fs::exists(folder, error) ? "a file" : "no such folder")};
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry{folder, error}; !error && entry != fs::directory_iterator{}; entry.increment(error))
    if (!is_passed_over(entry->path())) entries.push_back(entry->path());
  if (error) throw DataError{shown(folder) + ": expected a folder that can be read, got: " + error.message()};
  std::sort(entries.begin(), entries.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename().native() < b.filename().native(); });
  return entries;
}

std::vector<fs::path> picture_files(const std::vector<fs::path>& entries) {
  constexpr std::string_view endings[] = {".png",  ".jpg",  ".jpeg", ".jpe", ".jfif", ".gif", ".webp", ".heic",
                                          ".heif", ".avif", ".bmp",  ".tif", ".tiff", ".jp2", ".jxl"};
  std::vector<fs::path> files;
  for (const fs::path& entry : entries) {
    std::error_code error;
    const fs::file_status status = fs::status(entry, error);  // of what a link leads to; reading says what is wrong
    if (fs::is_directory(status)) continue;
    const std::string ending = lower(entry.extension().string());
    if (is_one_of(ending, endings) || (ending.empty() && fs::is_regular_file(status) && begins_like_a_picture(entry)))
      files.push_back(entry);
  }
  return files;
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> files = picture_files(entries_of(folder));
  if (files.empty()) throw DataError{shown(folder) + ": expected at least one .png, .jpg or .jpeg file, got none"};
  return files;
}

fkd::Index read_pictures(const std::vector<fs::path>& files, std::ostream& print,
                         const std::function<void(const fs::path&, const GreyPicture&)>& use) {
  return read_each<GreyPicture>(files, print, read_picture, use);
}

fkd::Index read_colour_pictures(const std::vector<fs::path>& files, std::ostream& print,
                                const std::function<void(const fs::path&, const ColourPicture&)>& use) {
  return read_each<ColourPicture>(files, print, read_colour_picture, use);
}

}  // namespace shared
