/// \file
/// A text file, line by line, in blocks of a few megabytes: never the whole file in memory.
///
/// Written here and not taken from a library because error messages need what those hide: NUL bytes inside a line,
/// whether the last line was ended, and a read that failed. A line may end in LF or CRLF; a byte-order mark at the
/// start is skipped.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/shape.hpp>

namespace facial_keypoints {

/// Input that cannot be used. The text is one sentence with file, line and column as far as they are known.
struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One line, without its end.
struct Line {
  std::string_view text;
  fkd::Index number = 0;  ///< from 1
  bool ended = true;      ///< false: the file stops here, without a line end
};

/// Hands out a file's lines, a block at a time.
class LineReader {
 public:
  /// A row of the competition has at most 40 kB; anything above this is not a text file of ours.
  static constexpr std::size_t longest_line = std::size_t{1} << 20;
  static constexpr std::size_t block_size = std::size_t{1} << 22;

  /// \throws DataError if there is no such file, if it is a folder, or if it cannot be opened.
  explicit LineReader(const std::filesystem::path& path) : name_{path.string()} {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) throw DataError{name_ + ": expected a file, got a folder"};
    file_.reset(std::fopen(name_.c_str(), "rb"));
    if (!file_) throw DataError{name_ + ": expected a readable file, got: " + std::strerror(errno)};
    const auto size = std::filesystem::file_size(path, ignored);
    if (!ignored) bytes_ = size;
    buffer_.resize(block_size);
  }

  const std::string& name() const { return name_; }

  /// Size of the file in bytes, 0 where unknown (a pipe).
  std::uintmax_t bytes() const { return bytes_; }

  /// Bytes handed out so far, line ends included.
  std::uintmax_t bytes_read() const { return bytes_read_; }

  /// The next lines, blank ones left out; they stay valid until the next call. False at the end of the file.
  bool next(std::vector<Line>& lines) {
    lines.clear();
    while (lines.empty() && !at_end_) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      fill();
      cut(lines);
    }
    return !lines.empty();
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void fill() {
    const std::size_t count = std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_.get());
    end_ += count;
    if (count == 0 && std::ferror(file_.get()))
      throw DataError{name_ + ": expected to read on, got: " + std::strerror(errno)};
    at_end_ = count == 0;
    if (bytes_read_ == 0 && line_ == 0 && std::string_view{buffer_.data(), end_}.starts_with("\xEF\xBB\xBF"))
      begin_ = 3;
  }

  /// Cuts the buffer into lines; an unfinished one stays for the next block.
  void cut(std::vector<Line>& lines) {
    const std::size_t first = begin_;
    while (begin_ < end_) {
      const char* start = buffer_.data() + begin_;
      const auto* newline = static_cast<const char*>(std::memchr(start, '\n', end_ - begin_));
      const std::size_t length = newline ? static_cast<std::size_t>(newline - start) : end_ - begin_;
      if (length > longest_line)
        throw DataError{name_ + ":" + std::to_string(line_ + 1) + ": expected a line of text, got more than " +
                        std::to_string(longest_line) + " bytes without a line end"};
      if (!newline && !at_end_) break;
      ++line_;
      begin_ += length + (newline ? 1 : 0);
      std::string_view text{start, length};
      if (newline && text.ends_with('\r')) text.remove_suffix(1);
      if (!text.empty()) lines.push_back({text, line_, newline != nullptr});
    }
    bytes_read_ += begin_ - first;
  }

  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is in the buffer and not handed out
  bool at_end_ = false;
  fkd::Index line_ = 0;
  std::uintmax_t bytes_ = 0, bytes_read_ = 0;
};

}  // namespace facial_keypoints
