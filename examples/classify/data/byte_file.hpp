/// \file
/// Reads a file of bytes, plain or in gzip, which the first bytes tell apart and not the name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/shared.hpp"

namespace classify {

/// Reads forward only. Bytes are read as they come: nothing is allocated that a damaged header asks for and the file
/// does not hold.
class ByteFile {
 public:
  /// \throws DataError unless it is a regular file that can be read
  explicit ByteFile(const std::filesystem::path& path);

  /// Appends the next `count` bytes, or as many as there are, and returns how many came. \throws DataError for a
  /// damaged gzip file, and for a read error
  std::uint64_t read(std::uint64_t count, std::vector<std::uint8_t>& bytes);

  /// Counts and skips what is left; a gzip file's checksum is compared there. \throws DataError as `read`
  std::uint64_t skip_rest();

  /// The path for a message.
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(void* file) const;
  };
  std::string name_;
  std::unique_ptr<void, Close> file_;  // zlib's gzFile
};

}  // namespace classify
