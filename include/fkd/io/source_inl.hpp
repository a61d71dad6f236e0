/// \file
/// Definitions of source.hpp.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include <fkd/io/file_errors.hpp>
#include <fkd/io/read_file.hpp>
#include <fkd/io/replace_file.hpp>
#include <fkd/io/source.hpp>

#if !FKD_HAS_POSIX_FILES
#include <ostream>
#endif

namespace fkd::io {

FKD_FUNC std::string Source::name() const {
  return kind_ == Kind::file ? path_ : kind_ == Kind::memory ? "memory" : "a stream";
}

FKD_FUNC std::string Sink::name() const { return bytes_ ? "memory" : stream_.stream ? "a stream" : path_; }

namespace detail {

/// Pieces in memory, one behind the other.
class PieceContents final : public FileContents {
 public:
  explicit PieceContents(std::span<const std::span<const char>> pieces) : pieces_{pieces} {}

#if FKD_HAS_POSIX_FILES
  [[gnu::cold]] int write_to(int file) override {
    for (const std::span<const char> piece : pieces_)
      if (const int why = write_all(file, {piece.data(), piece.size()}); why != 0) return why;
    return 0;
  }
#else
  void write_to(std::ostream& stream) override {
    for (const std::span<const char> piece : pieces_)
      stream.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  }
#endif
  [[gnu::cold]] std::int64_t in_memory() override {
    std::size_t bytes = 0;
    for (const std::span<const char> piece : pieces_) bytes += piece.size();
    return static_cast<std::int64_t>(bytes);
  }

 private:
  std::span<const std::span<const char>> pieces_;
};

}  // namespace detail

FKD_FUNC void Sink::write(std::span<const std::span<const char>> pieces) const {
  detail::PieceContents contents{pieces};
  if (bytes_) {
    std::vector<std::byte> all(static_cast<std::size_t>(contents.in_memory()));
    std::byte* to = all.data();
    for (const std::span<const char> piece : pieces) {
      if (!piece.empty()) std::memcpy(to, piece.data(), piece.size());
      to += piece.size();
    }
    (bytes_->swap)(all);
  } else if (stream_.stream) {
    if (!stream_.write(stream_.stream, pieces)) throw file_cannot_be_written(name(), 0);
  } else {
    detail::replace_file(path_, contents);
  }
}

struct SourceReader::File {
  FileReader reader;
};

FKD_FUNC SourceReader::SourceReader(const Source& source, const std::string& expected)
    : bytes_{source.bytes_}, stream_{source.stream_}, name_{source.name()}, expected_{expected} {
  std::size_t none = 0;
  if (source.kind_ == Source::Kind::file) {
    file_.reset(new File{FileReader{source.path_, expected}});
    size_ = file_->reader.size();
  } else if (source.kind_ == Source::Kind::memory) {
    size_ = bytes_.size();
  } else if (stream_.read(stream_.stream, nullptr, 0, none) != detail::InputStream::State::good) {
    throw file_cannot_be_read(name_, expected_, 0);
  }
}

FKD_FUNC SourceReader::~SourceReader() = default;

FKD_FUNC std::vector<char> SourceReader::read(std::uint64_t count) {
  if (file_) return file_->reader.read(count);
  std::vector<char> all;
  if (!stream_.stream) {
    all.resize(static_cast<std::size_t>((std::min)(count, std::uint64_t{bytes_.size()})));
    if (!all.empty()) std::memcpy(all.data(), bytes_.data(), all.size());
    bytes_ = bytes_.subspan(all.size());
    return all;
  }
  auto state = detail::InputStream::State::good;
  while (all.size() < count && state == detail::InputStream::State::good) {
    const auto piece = static_cast<std::size_t>((std::min)(count - all.size(), std::uint64_t{1} << 20));
    const std::size_t have = all.size();
    std::size_t got = 0;
    all.resize(have + piece);
    state = stream_.read(stream_.stream, all.data() + have, piece, got);
    all.resize(have + got);
  }
  if (state == detail::InputStream::State::broken) throw file_cannot_be_read(name_, expected_, 0);
  return all;
}

FKD_FUNC std::vector<char> read_all(const Source& source, const std::string& expected) {
  SourceReader reader{source, expected};
  std::vector<char> all = reader.read(reader.size().value_or(0));
  for (;;) {  // a stream; or a file that has grown
    const std::vector<char> more = reader.read(std::uint64_t{1} << 20);
    if (more.empty()) return all;
    const std::size_t have = all.size();
    all.resize(have + more.size());
    std::memcpy(all.data() + have, more.data(), more.size());
  }
}

}  // namespace fkd::io
