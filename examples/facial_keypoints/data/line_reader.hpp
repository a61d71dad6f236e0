/// \file
/// `LineReader`: reads a text line by line, in blocks of a few megabytes.
///
/// Not std::getline, because error messages need to know about NUL bytes in a line, a last line without a line end, and
/// read errors. A line may end in LF, CRLF, CR CR LF, or, if the first one
/// does, in CR alone; a byte-order mark at the start is skipped, and so are lines of blanks and commas.
#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/shape.hpp>

#include "common/shared.hpp"
#include "data/file_type.hpp"
#include "data/text_source.hpp"
#include "shared/common/data_error.hpp"

namespace facial_keypoints {

/// One line, without its end.
struct Line {
  std::string_view text;
  fkd::Index number = 0;  ///< from 1
  bool ended = true;      ///< false: the file stops here, without a line end
};

/// Returns a text's lines, a block at a time.
class LineReader {
 public:
  /// A row of the competition has at most 40 kB; anything above this is not a text file of ours.
  static constexpr std::size_t longest_line = std::size_t{1} << 20;
  static constexpr std::size_t block_size = std::size_t{1} << 22;

  explicit LineReader(std::unique_ptr<TextSource> source) : source_{std::move(source)} { buffer_.resize(block_size); }

  /// A plain file. \throws DataError if there is no such file, if it is a folder, or if it cannot be opened.
  explicit LineReader(const std::filesystem::path& path) : LineReader{std::make_unique<PlainFile>(path)} {}

  const std::string& name() const { return source_->name(); }

  /// About how many bytes the text has, 0 where unknown (a pipe).
  std::uintmax_t bytes() const { return source_->bytes(); }

  /// Bytes handed out so far, line ends included.
  std::uintmax_t bytes_read() const { return bytes_read_; }

  /// The next lines, those without any value left out; they stay valid until the next call. False at the end of the
  /// text. \throws DataError for what is no text, and for a line that is far too long.
  bool next(std::vector<Line>& block) {
    block.clear();
    while (block.empty() && !at_end_) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      fill();
      cut(block);
    }
    return !block.empty();
  }

 private:
  void fill() {
    std::size_t count = 0;
    do {  // a source may return fewer bytes than requested
      count = source_->read(buffer_.data() + end_, buffer_.size() - end_);
      end_ += count;
    } while (count > 0 && end_ < buffer_.size());
    at_end_ = count == 0;
    if (!begun_) begin();
  }

  /// Looks at the first block.
  void begin() {
    begun_ = true;
    const std::string_view start{buffer_.data(), end_};
    if (const std::string what = foreign_content(start); !what.empty())
      throw DataError{name() + ": expected comma-separated text, got " + what};
    if (start.starts_with("\xEF\xBB\xBF")) begin_ = 3;
    const std::size_t first_end = start.find_first_of("\r\n");
    if (first_end == std::string_view::npos || start[first_end] == '\n') return;
    const std::size_t after = start.find_first_not_of('\r', first_end);
    if (after == std::string_view::npos || start[after] != '\n') line_end_ = '\r';
  }

  /// Cuts the buffer into lines; an unfinished one stays for the next block.
  void cut(std::vector<Line>& block) {
    const std::size_t first = begin_;
    while (begin_ < end_) {
      const char* start = buffer_.data() + begin_;
      const auto* stop = static_cast<const char*>(std::memchr(start, line_end_, end_ - begin_));
      const std::size_t length = stop ? static_cast<std::size_t>(stop - start) : end_ - begin_;
      if (length > longest_line)
        throw DataError{name() + ":" + std::to_string(line_ + 1) + ": expected a line of text, got more than " +
                        std::to_string(longest_line) + " bytes without a line end"};
      if (!stop && !at_end_) break;
      ++line_;
      begin_ += length + (stop ? 1 : 0);
      std::string_view text{start, length};
      while (text.ends_with('\r')) text.remove_suffix(1);
      if (text.find_first_not_of(", \t") != std::string_view::npos) block.push_back({text, line_, stop != nullptr});
    }
    bytes_read_ += begin_ - first;
  }

  std::unique_ptr<TextSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is in the buffer and not handed out
  bool begun_ = false, at_end_ = false;
  char line_end_ = '\n';
  fkd::Index line_ = 0;
  std::uintmax_t bytes_read_ = 0;
};

}  // namespace facial_keypoints
