/// \file
/// Writes a file by a stream. It is replaced atomically; replace_file.hpp says how, and of links, devices and pipes.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <sstream>
#include <string>

#include <fkd/io/replace_file.hpp>
#if FKD_HAS_POSIX_FILES
#include <fkd/io/descriptor_buffer.hpp>
#endif

namespace fkd::io {

namespace detail {

/// What a function writes to a stream.
class StreamContents final : public FileContents {
 public:
  explicit StreamContents(const std::function<void(std::ostream&)>& write) : write_{write} {}

#if FKD_HAS_POSIX_FILES
  int write_to(int file) override {
    if (!rendered_.empty()) return write_all(file, rendered_);
    DescriptorBuffer buffer{file};
    std::ostream stream{&buffer};
    write_(stream);
    stream.flush();
    return stream ? 0 : buffer.error() != 0 ? buffer.error() : -1;
  }
#else
  void write_to(std::ostream& stream) override { write_(stream); }
#endif
  std::int64_t in_memory() override {
    std::ostringstream memory;
    write_(memory);
    rendered_ = std::move(memory).str();
    return memory ? static_cast<std::int64_t>(rendered_.size()) : -1;
  }

 private:
  const std::function<void(std::ostream&)>& write_;
  std::string rendered_;
};

}  // namespace detail

/// Whether `path` is standard output, so that messages have to go elsewhere.
[[gnu::cold]] inline bool is_standard_output([[maybe_unused]] const std::filesystem::path& path) {
#if FKD_HAS_POSIX_FILES
  try {
    return detail::find_target(path.string()).open_already == STDOUT_FILENO;
  } catch (const FileError&) {
  }
#endif
  return false;
}

/// Calls `write(stream)` and replaces `path` with the result. On failure `path` is unchanged; if it had to be written
/// in place and that failed midway, the error names the complete temporary file. Throws FileError with the system's
/// message.
[[gnu::cold]] inline void write_file(const std::filesystem::path& path,
                                     const std::function<void(std::ostream&)>& write) {
  detail::StreamContents contents{write};
  detail::replace_file(path.string(), contents);
}

}  // namespace fkd::io
