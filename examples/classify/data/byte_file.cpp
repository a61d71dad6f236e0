#include "data/byte_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include <zlib.h>

#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"

namespace classify {
namespace {

gzFile gz(void* file) { return static_cast<gzFile>(file); }

}  // namespace

void ByteFile::Close::operator()(void* file) const { gzclose_r(gz(file)); }

ByteFile::ByteFile(const std::filesystem::path& path) : name_{shown(path)} {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw DataError{name_ + ": expected a file, got no such file"};
  if (!fs::is_regular_file(status))  // a pipe would be waited for
    throw DataError{name_ + ": expected a file, got " + (fs::is_directory(status) ? "a folder" : "a pipe or a device")};
  file_.reset(gzopen(path.c_str(), "rb"));
  if (!file_) throw DataError{name_ + ": expected a file that can be read, got: " + std::strerror(errno)};
  gzbuffer(gz(file_.get()), 1U << 17U);
}

std::uint64_t ByteFile::read(std::uint64_t count, std::vector<std::uint8_t>& bytes) {
  constexpr std::uint64_t most = 1U << 20U;
  std::uint64_t all = 0;
  while (all < count) {
    const auto wanted = static_cast<unsigned>((std::min)(count - all, most));
    const std::size_t before = bytes.size();
    bytes.resize(before + wanted);
    const int got = gzread(gz(file_.get()), bytes.data() + before, wanted);
    bytes.resize(before + static_cast<std::size_t>((std::max)(got, 0)));
    int number = Z_OK;
    const char* const text = gzerror(gz(file_.get()), &number);
    if (number == Z_MEM_ERROR) throw std::bad_alloc{};
    if (number == Z_ERRNO) throw DataError{name_ + ": expected a file that can be read, got: " + std::strerror(errno)};
    if (got < 0 || (number != Z_OK && number != Z_STREAM_END)) {
      std::string reason = text;  // zlib puts the file's name before it
      if (const std::size_t colon = reason.rfind(": "); colon != std::string::npos) reason.erase(0, colon + 2);
      throw DataError{name_ + ": expected a whole gzip file, got a damaged one or a part of one (" + reason + ")"};
    }
    if (got == 0) break;
    all += static_cast<std::uint64_t>(got);
  }
  return all;
}

std::uint64_t ByteFile::skip_rest() {
  std::uint64_t all = 0;
  std::vector<std::uint8_t> bytes;
  for (;;) {
    bytes.clear();
    const std::uint64_t got = read(1U << 20U, bytes);
    all += got;
    if (got < (1U << 20U)) return all;
  }
}

}  // namespace classify
