/// \file
/// Reads a picture's file, and recognises its format by the first bytes.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"

namespace shared {

namespace picture_detail {

inline bool is_png(std::string_view bytes) { return bytes.starts_with("\x89PNG\r\n\x1A\n"); }
inline bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xFF\xD8\xFF"); }

/// The format of a file that is neither PNG nor JPEG; empty if unknown.
inline std::string_view other_kind(std::string_view bytes) {
  struct Kind {
    std::size_t at;
    std::string_view mark, name;
  };
  constexpr std::string_view nothing{"\0\0\0\0", 4};
  constexpr Kind kinds[] = {{0, "GIF8", "GIF"},
                            {8, "WEBP", "WebP"},
                            {4, "ftypavi", "AVIF"},
                            {4, "ftyphei", "HEIC"},
                            {4, "ftyphev", "HEIC"},
                            {4, "ftypmif1", "HEIC"},
                            {4, "ftypmsf1", "HEIC"},
                            {4, "jP  ", "JPEG 2000"},
                            {4, "JXL ", "JPEG XL"},
                            {0, "\xFF\x0A", "JPEG XL"},
                            {0, {"II*\0", 4}, "TIFF"},
                            {0, {"MM\0*", 4}, "TIFF"},
                            {0, {"\0\0\1\0", 4}, "an icon"},
                            {0, "8BPS", "a Photoshop file"},
                            {0, "%PDF", "PDF"},
                            {0, "<svg", "SVG"}};
  for (const Kind& kind : kinds)
    if (bytes.size() > kind.at && bytes.substr(kind.at).starts_with(kind.mark)) return kind.name;
  // "BM" alone may begin a text: in a BMP four bytes at 6 are zero.
  return bytes.starts_with("BM") && bytes.size() > 26 && bytes.substr(6, 4) == nothing ? "BMP" : "";
}

/// \throws DataError unless it is a regular file that can be read, neither empty nor larger than any picture is
inline std::string file_bytes(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  constexpr std::uintmax_t most = 512U << 20U;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) throw DataError{shown(path) + ": expected a picture, got a folder"};
  if (fs::exists(status) && !fs::is_regular_file(status))  // reading a pipe would block
    throw DataError{shown(path) + ": expected a picture, got a pipe or a device"};
  std::ifstream file{path, std::ios::binary};
  if (!file) throw DataError{shown(path) + ": expected a readable picture, got: " + std::strerror(errno)};
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > most)
    throw DataError{shown(path) + ": expected a picture of at most 512 MB, got " + std::to_string(size >> 20U) + " MB"};
  std::string bytes(error ? 0 : static_cast<std::size_t>(size), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) throw DataError{shown(path) + ": expected a readable picture, got a failure while it was read"};
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.empty()) throw DataError{shown(path) + ": expected a PNG or JPEG picture, got an empty file"};
  return bytes;
}

}  // namespace picture_detail
}  // namespace shared
