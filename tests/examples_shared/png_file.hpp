/// \file
/// PNG files of every kind that the format has, made with libpng's full interface.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <png.h>

namespace shared_tests {

struct PngFile {
  unsigned width = 1, height = 1;
  int depth = 8, colour = PNG_COLOR_TYPE_GRAY;
  std::vector<std::uint8_t> bytes;  ///< the rows as they are stored, each from a whole byte on
  bool interlaced = false;
  std::function<void(png_struct*, png_info*)> chunks = [](png_struct*, png_info*) {};
};

/// The file's bytes.
inline std::string written(PngFile file) {
  png_struct* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_info* info = png_create_info_struct(png);
  std::string text;
  if (setjmp(png_jmpbuf(png))) throw std::runtime_error{"libpng cannot write this file"};
  png_set_write_fn(
      png, &text,
      [](png_struct* to, png_byte* data, png_size_t size) {
        static_cast<std::string*>(png_get_io_ptr(to))->append(reinterpret_cast<const char*>(data), size);
      },
      [](png_struct*) {});
  png_set_IHDR(png, info, file.width, file.height, file.depth, file.colour,
               file.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  file.chunks(png, info);
  png_write_info(png, info);
  std::vector<png_byte*> rows(file.height);
  for (unsigned y = 0; y < file.height; ++y) rows[y] = file.bytes.data() + y * (file.bytes.size() / file.height);
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return text;
}

}  // namespace shared_tests
