/// \file
/// Archives for tests: zip with libzip, gzip with zlib.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <zip.h>
#include <zlib.h>

#include "files.hpp"

namespace facial_keypoints_tests {

struct ZipOptions {
  bool stored = false;
  const char* password = nullptr;
};

/// Writes a zip archive of some files, in this order.
inline std::filesystem::path write_zip(const std::filesystem::path& path,
                                       const std::vector<std::pair<std::string, std::string>>& files,
                                       ZipOptions options = {}) {
  int error = 0;
  zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  REQUIRE(archive);
  for (const auto& [name, text] : files) {
    zip_source_t* const source = zip_source_buffer(archive, text.data(), text.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    REQUIRE(index >= 0);
    const auto i = static_cast<zip_uint64_t>(index);
    REQUIRE(zip_set_file_compression(archive, i, options.stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 1) == 0);
    if (options.password) REQUIRE(zip_file_set_encryption(archive, i, ZIP_EM_AES_256, options.password) == 0);
  }
  REQUIRE(zip_close(archive) == 0);
  return path;
}

/// A gzip member.
inline std::string gzipped(const std::string& text) {
  const Folder folder;
  const gzFile file = gzopen((folder / "x.gz").c_str(), "wb1");
  REQUIRE(file);
  REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
  REQUIRE(gzclose(file) == Z_OK);
  return read(folder / "x.gz");
}

}  // namespace facial_keypoints_tests
