/// \file
/// Photographs of any size, PNG or JPEG, as grey pixels; and a folder of them.
///
/// Read with libpng and libjpeg: files of strangers are what these two have been hardened on for decades, and the
/// system keeps them mended (single-header decoders ask not to be given files that nobody vouches for). What a file is
/// its first bytes say, not its name.
#pragma once

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <png.h>

#include "grey_picture.hpp"
#include "lines.hpp"
#include "read_jpeg.hpp"

namespace facial_keypoints {
namespace detail {

inline std::string file_bytes(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw DataError{path.string() + ": expected a picture, got a folder"};
  std::ifstream file{path, std::ios::binary};
  if (!file) throw DataError{path.string() + ": expected a readable picture, got: " + std::strerror(errno)};
  std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  if (bytes.empty()) throw DataError{path.string() + ": expected a PNG or JPEG picture, got an empty file"};
  return bytes;
}

/// Transparency is laid on white; the samples are sRGB, 8 bits.
inline GreyPicture decode_png(const std::string& bytes, const std::string& name) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const auto refuse = [&] {
    const std::string why = image.message;
    png_image_free(&image);
    return DataError{name + ": expected a whole PNG picture, got one that cannot be read: " + why};
  };
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) throw refuse();
  try {
    check_size(image.width, image.height, name);
    image.format = PNG_FORMAT_RGB;
    std::vector<std::uint8_t> rgb(PNG_IMAGE_SIZE(image));
    const png_color white_paper{255, 255, 255};
    if (!png_image_finish_read(&image, &white_paper, rgb.data(), 0, nullptr)) throw refuse();
    GreyPicture picture{static_cast<int>(image.width), static_cast<int>(image.height)};
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
      picture.pixels[i] = luma(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
    return picture;
  } catch (...) {
    png_image_free(&image);
    throw;
  }
}

}  // namespace detail

/// Reads a picture as grey pixels, upright. \throws DataError, one sentence with the file's name, if it is not a whole
/// PNG or JPEG picture
inline GreyPicture read_picture(const std::filesystem::path& path) {
  const std::string bytes = detail::file_bytes(path), name = path.string();
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return detail::decode_png(bytes, name);
  if (bytes.starts_with("\xFF\xD8\xFF")) return detail::decode_jpeg(bytes, name);
  throw DataError{name + ": expected a PNG or JPEG picture, got a file that begins like neither"};
}

/// The pictures of a folder (.png, .jpg, .jpeg in any case; not those of folders in it), in the order of their names.
/// \throws DataError if it is no folder, or holds none
inline std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw DataError{folder.string() + ": expected a folder with pictures, got " +
                    (fs::exists(folder, error) ? "a file" : "no such folder")};
  std::vector<fs::path> files;
  fs::directory_iterator entries{folder, error};
  if (error) throw DataError{folder.string() + ": expected a folder that can be read, got: " + error.message()};
  for (const fs::directory_entry& entry : entries) {
    std::string ending = entry.path().extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if ((ending == ".png" || ending == ".jpg" || ending == ".jpeg") && entry.is_regular_file(error))
      files.push_back(entry.path());
  }
  if (files.empty()) throw DataError{folder.string() + ": expected at least one .png, .jpg or .jpeg file, got none"};
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename().native() < b.filename().native(); });
  return files;
}

}  // namespace facial_keypoints
