/// \file
/// Decodes a JPEG file with libjpeg. Built where FKD_JPEG is defined, which the build does where it finds libjpeg;
/// otherwise a JPEG picture is refused with an error, and PNG works.
#pragma once

#include <string>

#include "shared/picture/colour_picture.hpp"
#include "shared/picture/exif.hpp"
#include "shared/picture/grey_picture.hpp"

#ifdef FKD_JPEG

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

namespace shared::picture_detail {

/// libjpeg reports errors by longjmp, so between setjmp and its last call no object with a destructor is created.
class JpegDecoder {
 public:
  JpegDecoder(const std::string& bytes, bool grey) : bytes_{bytes}, grey_{grey} {
    jpeg_.err = jpeg_std_error(&errors_.standard);
    errors_.standard.error_exit = [](j_common_ptr jpeg) { leave(jpeg); };
    errors_.standard.emit_message = [](j_common_ptr jpeg, int level) {
      // Level -1 is damaged data, which libjpeg would fill with grey. Some bytes too many are harmless and
      // common.
      if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA) leave(jpeg);
    };
    jpeg_create_decompress(&jpeg_);
    // A progressive file may hold any number of scans over the whole picture, minutes of work in a few kilobytes.
    progress_.progress_monitor = [](j_common_ptr jpeg) {
      if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= most_scans) return;
      std::snprintf(errors_of(jpeg)->text, JMSG_LENGTH_MAX, "it has more than %d scans", most_scans);
      std::longjmp(errors_of(jpeg)->jump, 1);
    };
    jpeg_.progress = &progress_;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&jpeg_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  /// Extents and colours. False: see message().
  bool read_header() {
    if (setjmp(errors_.jump)) return false;
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes_.data()),
                 static_cast<unsigned long>(bytes_.size()));
    jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&jpeg_, TRUE);
    four_inks_ = jpeg_.num_components == 4;
    jpeg_.out_color_space = four_inks_ ? JCS_CMYK : grey_ ? JCS_GRAYSCALE : JCS_RGB;  // grey is the file's own Y
    return true;
  }

  /// Fills `rows`, `width() * channels()` bytes each. False: see message().
  bool read_pixels(std::uint8_t* rows) {
    if (setjmp(errors_.jump)) return false;
    jpeg_start_decompress(&jpeg_);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = rows + static_cast<std::size_t>(jpeg_.output_scanline) * jpeg_.output_width *
                                static_cast<unsigned>(jpeg_.output_components);
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }

  unsigned width() const { return jpeg_.image_width; }
  unsigned height() const { return jpeg_.image_height; }
  unsigned channels() const { return four_inks_ ? 4 : grey_ ? 1 : 3; }
  bool is_adobe() const { return jpeg_.saw_Adobe_marker; }
  std::string message() const { return errors_.text; }

  /// The EXIF orientation.
  int orientation() const {
    for (jpeg_saved_marker_ptr marker = jpeg_.marker_list; marker; marker = marker->next)
      if (const int found = exif_orientation({marker->data, marker->data_length})) return found;
    return 1;
  }

 private:
  struct Errors {
    jpeg_error_mgr standard;  // first, so that a pointer to it is one to this
    std::jmp_buf jump;
    char text[JMSG_LENGTH_MAX];
  };
  static constexpr int most_scans = 100;  // usual are ten
  static Errors* errors_of(j_common_ptr jpeg) { return reinterpret_cast<Errors*>(jpeg->err); }
  [[noreturn]] static void leave(j_common_ptr jpeg) {
    jpeg->err->format_message(jpeg, errors_of(jpeg)->text);
    std::longjmp(errors_of(jpeg)->jump, 1);
  }

  const std::string& bytes_;
  bool grey_;
  jpeg_decompress_struct jpeg_{};
  Errors errors_{};
  jpeg_progress_mgr progress_{};
  bool four_inks_ = false;
};

/// The pixels of a JPEG file: grey ones as the file's own Y or, of four inks, their luma; else red, green and blue.
struct JpegPixels {
  int width = 0, height = 0, orientation = 1;
  std::vector<std::uint8_t> bytes;  ///< 1 or 3 a pixel
};

inline JpegPixels decode_jpeg_pixels(const std::string& bytes, const std::string& name, bool grey) {
  JpegDecoder jpeg{bytes, grey};
  const auto refuse = [&] {
    return DataError{name + ": expected a whole JPEG picture, got one that cannot be read: " + jpeg.message()};
  };
  if (!jpeg.read_header()) throw refuse();
  check_size(jpeg.width(), jpeg.height(), name);
  JpegPixels read{static_cast<int>(jpeg.width()),
                  static_cast<int>(jpeg.height()),
                  jpeg.orientation(),  // libjpeg forgets it when the pixels are read
                  {}};
  const std::size_t pixels = std::size_t{jpeg.width()} * jpeg.height();
  std::vector<std::uint8_t> rows(pixels * jpeg.channels());
  if (!jpeg.read_pixels(rows.data())) throw refuse();
  if (jpeg.channels() != 4) {
    read.bytes = std::move(rows);
    return read;
  }
  const auto light = [&](std::uint8_t ink) {
    return jpeg.is_adobe() ? ink : 255U - ink;
  };  // Adobe stores inks inverted
  for (std::size_t i = 0; i < pixels; ++i) {
    const unsigned key = light(rows[4 * i + 3]);
    const unsigned red = light(rows[4 * i]) * key / 255, green = light(rows[4 * i + 1]) * key / 255,
                   blue = light(rows[4 * i + 2]) * key / 255;
    if (grey) {
      read.bytes.push_back(luma(red, green, blue));
    } else {
      for (const unsigned value : {red, green, blue}) read.bytes.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return read;
}

inline GreyPicture decode_jpeg(const std::string& bytes, const std::string& name) {
  JpegPixels read = decode_jpeg_pixels(bytes, name, true);
  GreyPicture picture;
  picture.width = read.width;
  picture.height = read.height;
  picture.pixels = std::move(read.bytes);
  return upright(picture, read.orientation);
}

inline ColourPicture decode_colour_jpeg(const std::string& bytes, const std::string& name) {
  const JpegPixels read = decode_jpeg_pixels(bytes, name, false);
  return upright_planes(read.bytes, read.width, read.height, read.orientation);
}

}  // namespace shared::picture_detail

#else

namespace shared::picture_detail {

[[noreturn]] inline void refuse_jpeg(const std::string& name) {
  throw DataError{
      name +
      ": expected a PNG picture, got JPEG, which this program was built without (install libjpeg-dev and build again)"};
}
inline GreyPicture decode_jpeg(const std::string&, const std::string& name) { refuse_jpeg(name); }
inline ColourPicture decode_colour_jpeg(const std::string&, const std::string& name) { refuse_jpeg(name); }

}  // namespace shared::picture_detail

#endif
