// PNG files of every depth and kind become the grey values that their samples say, upright.
//
// Sixteen bits without a chunk about colours were taken for linear light once (0x8080 became 188, where 8 bits of 0x80
// are 128), and eXIf, which says which side is up, was not looked at: no test wrote a file of either kind.

#include <doctest/doctest.h>

#include <cstdlib>

#include <support/temporary_folder.hpp>

#include "png_file.hpp"
#include "shared/picture/read_picture.hpp"

using namespace shared;
using namespace shared_tests;
using tests::TemporaryFolder, tests::thrown;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Chunks = std::function<void(png_struct*, png_info*)>;

Bytes pixels(const PngFile& file) {
  const TemporaryFolder folder;
  return read_picture(folder.write("a.png", written(file))).pixels;
}

void palette_of_four(png_struct* png, png_info* info) {
  const png_color colours[] = {{0, 0, 0}, {85, 85, 85}, {170, 170, 170}, {255, 255, 255}};
  png_set_PLTE(png, info, colours, 4);
}

}  // namespace

TEST_CASE("a sample of sixteen bits is its upper eight, whatever chunk about colours there is") {
  const Chunks none = [](png_struct*, png_info*) {};
  const Chunks srgb = [](png_struct* png, png_info* info) { png_set_sRGB_gAMA_and_cHRM(png, info, 0); };
  const Chunks gamma = [](png_struct* png, png_info* info) { png_set_gAMA_fixed(png, info, 45455); };
  const Chunks primaries = [](png_struct* png, png_info* info) {
    png_set_cHRM_fixed(png, info, 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000);
  };
  int which = 0;
  for (const Chunks& chunks : {none, srgb, gamma, primaries}) {
    CAPTURE(++which);
    for (const int value : {0, 1, 77, 128, 254, 255}) {
      const auto byte = static_cast<std::uint8_t>(value);
      CAPTURE(value);
      CHECK(pixels({.bytes = {byte}, .chunks = chunks}) == Bytes{byte});
      CHECK(pixels({.depth = 16, .bytes = {byte, byte}, .chunks = chunks}) == Bytes{byte});
      CHECK(pixels({.depth = 16, .colour = PNG_COLOR_TYPE_RGB, .bytes = Bytes(6, byte), .chunks = chunks}) ==
            Bytes{byte});
      CHECK(
          pixels(
              {.depth = 16, .colour = PNG_COLOR_TYPE_GRAY_ALPHA, .bytes = {byte, byte, 255, 255}, .chunks = chunks}) ==
          Bytes{byte});
      CHECK(pixels({.depth = 16,
                    .colour = PNG_COLOR_TYPE_RGB_ALPHA,
                    .bytes = {byte, byte, byte, byte, byte, byte, 255, 255},
                    .chunks = chunks}) == Bytes{byte});
    }
  }
  // Linear light is converted, as the file asks, to sRGB's 188 (libpng takes a power for its curve); both depths agree.
  const Chunks linear = [](png_struct* png, png_info* info) { png_set_gAMA_fixed(png, info, 100000); };
  const Bytes converted = pixels({.bytes = {128}, .chunks = linear});
  CHECK(std::abs(converted[0] - 188) <= 2);
  CHECK(pixels({.depth = 16, .bytes = {128, 128}, .chunks = linear}) == converted);
}

TEST_CASE("grey of one, two and four bits, palettes, with and without transparency, interlaced or not") {
  const Bytes four{0, 85, 170, 255};
  CHECK(pixels({.width = 4, .depth = 1, .bytes = {0b01010000}}) == Bytes{0, 255, 0, 255});
  CHECK(pixels({.width = 4, .depth = 2, .bytes = {0b00011011}}) == four);
  CHECK(pixels({.width = 4, .depth = 4, .bytes = {0x05, 0xAF}}) == four);
  for (const int depth : {2, 4, 8}) {
    const Bytes row = depth == 2 ? Bytes{0b00011011} : depth == 4 ? Bytes{0x01, 0x23} : Bytes{0, 1, 2, 3};
    PngFile file{.width = 4, .depth = depth, .colour = PNG_COLOR_TYPE_PALETTE, .bytes = row, .chunks = palette_of_four};
    CAPTURE(depth);
    CHECK(pixels(file) == four);
    file.chunks = [](png_struct* png, png_info* info) {
      palette_of_four(png, info);
      const png_byte alpha[] = {0, 255, 0};  // the fourth is opaque
      png_set_tRNS(png, info, alpha, 3, nullptr);
    };
    CHECK(pixels(file) == Bytes{255, 85, 255, 255});
  }
  CHECK(pixels({.width = 3, .colour = PNG_COLOR_TYPE_GRAY_ALPHA, .bytes = {10, 255, 10, 0, 200, 255}}) ==
        Bytes{10, 255, 200});
  CHECK(pixels({.colour = PNG_COLOR_TYPE_RGB_ALPHA, .bytes = {255, 0, 0, 255}}) == Bytes{76});
  PngFile see_through{.width = 2, .bytes = {9, 8}};
  see_through.chunks = [](png_struct* png, png_info* info) {
    png_color_16 nine{};
    nine.gray = 9;
    png_set_tRNS(png, info, nullptr, 0, &nine);
  };
  CHECK(pixels(see_through) == Bytes{255, 8});

  Bytes slope;
  for (int i = 0; i < 11 * 13; ++i) slope.push_back(static_cast<std::uint8_t>(i));
  CHECK(pixels({.width = 11, .height = 13, .bytes = slope, .interlaced = true}) == slope);
}

TEST_CASE("eXIf in a PNG says which side is up, as in a JPEG: all eight, in both orders of bytes") {
  const TemporaryFolder folder;
  for (int orientation = 0; orientation <= 9; ++orientation)
    for (const bool little : {false, true})
      for (const bool marked : {false, true}) {
        const auto value = static_cast<std::uint8_t>(orientation);
        Bytes exif = little ? Bytes{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0}
                            : Bytes{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0};
        exif.insert(exif.end(), {0, 0, 0, 0});
        if (marked)
          exif.insert(exif.begin(), std::begin(picture_detail::exif_mark), std::end(picture_detail::exif_mark));
        PngFile file{.width = 3, .height = 2, .bytes = {1, 2, 3, 4, 5, 6}};
        // Written behind the header by hand: libpng refuses a block with the mark.
        std::string text = written(file);
        std::string chunk = "eXIf" + std::string{exif.begin(), exif.end()};
        const auto number = [](std::size_t n) {
          return std::string{static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                             static_cast<char>(n)};
        };
        std::uint32_t sum = 0xFFFFFFFF;  // the format's checksum, section D of its specification
        for (const char c : chunk) {
          sum ^= static_cast<std::uint8_t>(c);
          for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320 : 0);
        }
        text.insert(33, number(exif.size()) + chunk + number(~sum));
        CAPTURE(orientation);
        CAPTURE(little);
        CAPTURE(marked);
        GreyPicture stored{3, 2};
        stored.pixels = {1, 2, 3, 4, 5, 6};
        const bool makes_sense = orientation >= 1 && orientation <= 8;
        const GreyPicture got = read_picture(folder.write("a.png", text));
        const GreyPicture expected = picture_detail::upright(stored, makes_sense ? orientation : 1);
        CHECK(got.width == expected.width);
        CHECK(got.pixels == expected.pixels);
      }
}

TEST_CASE("a file that declares more pixels than it can hold is refused before memory is allocated") {
  const TemporaryFolder folder;
  std::string text = written({.bytes = {1}});
  const auto claim = [&](std::string extents) {
    std::string bomb = text.substr(0, 16) + extents + text.substr(24);
    std::uint32_t sum = 0xFFFFFFFF;
    for (std::size_t i = 12; i < 29; ++i) {
      sum ^= static_cast<std::uint8_t>(bomb[i]);
      for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320 : 0);
    }
    for (std::size_t i = 0; i < 4; ++i) bomb[29 + i] = static_cast<char>(~sum >> (24 - 8 * i));
    return thrown([&] { read_picture(folder.write("bomb.png", bomb)); });
  };
  const std::string half_a_gigapixel{"\0\0\x27\x10\0\0\xC3\x50", 8}, whole{"\0\0\x27\x10\0\0\x27\x10", 8},
      signs{"\x80\0\0\0\x80\0\0\0", 8}, largest{"\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF", 8}, zero(8, '\0');
  CHECK(claim(half_a_gigapixel).find("expected a picture of at most 100 megapixels, got 10000 x 50000") !=
        std::string::npos);
  CHECK(claim(whole).find("it says 10000 x 10000, and is too short for that") != std::string::npos);
  for (const std::string& extents : {signs, largest, zero})
    CHECK(claim(extents).find("bomb.png: expected a") == folder.path().string().size() + 1);
}

TEST_CASE("pictures of other kinds are named, and files that hold no picture are sentences") {
  const TemporaryFolder folder;
  const std::string zeros(40, '\0');
  const std::vector<std::pair<std::string, std::string>> files{
      {"GIF89a" + zeros, "GIF"},
      {"RIFF" + zeros.substr(0, 4) + "WEBPVP8 " + zeros, "WebP"},
      {zeros.substr(0, 3) +
           "\x18"
           "ftypheic" +
           zeros,
       "HEIC"},
      {zeros.substr(0, 3) +
           "\x18"
           "ftypavif" +
           zeros,
       "AVIF"},
      {"BM" + zeros, "BMP"},
      {std::string{"II*\0", 4} + zeros, "TIFF"}};
  for (const auto& [text, name] : files) {
    CAPTURE(name);
    CHECK(thrown([&] { read_picture(folder.write("a.png", text)); }) ==
          (folder / "a.png").string() + ": expected a PNG or JPEG picture, got " + name + ", which is not read");
  }
  CHECK(thrown([&] {
          read_picture(folder.write("a.png", "BMX is a sport"));
        }).find("got a file that begins like neither") != std::string::npos);
  CHECK(thrown([&] {
          read_picture(folder.write("two\nlines\x1B.png", "x"));
        }).find("two\\x0Alines\\x1B.png: expected") != std::string::npos);
  std::filesystem::create_symlink(folder / "loop.png", folder / "loop.png");
  CHECK(thrown([&] { read_picture(folder / "loop.png"); }).find("loop.png: expected a readable picture, got: ") !=
        std::string::npos);
}
