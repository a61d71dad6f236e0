/// \file
/// Photographs of any size, PNG or JPEG, as grey pixels.
///
/// Decoded with libpng and libjpeg, which are hardened against malicious files and updated with the system; the
/// documentation of single-header decoders warns against untrusted files. The format is recognised by the first bytes,
/// not by the file's name.
#pragma once

#include <filesystem>
#include <string>

#include "picture/file_bytes.hpp"
#include "picture/grey_picture.hpp"
#include "picture/read_jpeg.hpp"
#include "picture/read_png.hpp"

namespace facial_keypoints {

/// Reads a picture as grey pixels, upright. \throws DataError, one sentence with the file's name, if it is not a whole
/// PNG or JPEG picture
inline GreyPicture read_picture(const std::filesystem::path& path) {
  const std::string bytes = detail::file_bytes(path), name = shown(path);
  if (detail::is_png(bytes)) return detail::decode_png(bytes, name);
  if (detail::is_jpeg(bytes)) return detail::decode_jpeg(bytes, name);
  const std::string_view other = detail::other_kind(bytes);
  if (!other.empty())
    throw DataError{name + ": expected a PNG or JPEG picture, got " + std::string{other} + ", which is not read"};
  throw DataError{name + ": expected a PNG or JPEG picture, got a file that begins like neither"};
}

}  // namespace facial_keypoints
