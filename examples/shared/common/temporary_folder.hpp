/// \file
/// A temporary folder, removed by its destructor.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"

namespace shared {

/// A new folder in the system's temporary folder, removed with its contents.
class TemporaryFolder {
 public:
  /// `name_begins` is the prefix of the folder's name.
  explicit TemporaryFolder(const std::string& name_begins) {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    std::string name = (parent / (name_begins + "_XXXXXX")).string();
    if (error || mkdtemp(name.data()) == nullptr)
      throw DataError{"expected a folder for temporary files that can be written to, got " +
                      (error ? error.message() : shown(parent))};
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace shared
