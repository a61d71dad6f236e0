/// \file
/// Photographs of any size, PNG or JPEG, as grey pixels or in colours.
///
/// Decoded with libpng and libjpeg, which are hardened against malicious files and updated with the system; the
/// documentation of single-header decoders warns against untrusted files. The format is recognised by the first bytes,
/// not by the file's name.
#pragma once

#include <filesystem>
#include <string>

#include "shared/picture/file_bytes.hpp"
#include "shared/picture/grey_picture.hpp"
#include "shared/picture/read_jpeg.hpp"
#include "shared/picture/read_png.hpp"

namespace shared {

namespace picture_detail {

/// Reads a file and calls `png(bytes, name)` or `jpeg(bytes, name)`.
template <class Png, class Jpeg>
auto decode(const std::filesystem::path& path, Png png, Jpeg jpeg) {
  const std::string bytes = file_bytes(path), name = shown(path);
  if (is_png(bytes)) return png(bytes, name);
  if (is_jpeg(bytes)) return jpeg(bytes, name);
  const std::string_view other = other_kind(bytes);
  if (!other.empty())
    throw DataError{name + ": expected a PNG or JPEG picture, got " + std::string{other} + ", which is not read"};
  throw DataError{name + ": expected a PNG or JPEG picture, got a file that begins like neither"};
}

}  // namespace picture_detail

/// Reads a picture as grey pixels, upright. \throws DataError, one sentence with the file's name, if it is not a whole
/// PNG or JPEG picture
inline GreyPicture read_picture(const std::filesystem::path& path) {
  return picture_detail::decode(path, picture_detail::decode_png, picture_detail::decode_jpeg);
}

/// The same in colours. A grey picture has three equal planes. \throws DataError
inline ColourPicture read_colour_picture(const std::filesystem::path& path) {
  return picture_detail::decode(path, picture_detail::decode_colour_png, picture_detail::decode_colour_jpeg);
}

}  // namespace shared
