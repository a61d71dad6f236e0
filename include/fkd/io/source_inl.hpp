/// \file
/// Definitions of source.hpp.
#pragma once

#include <algorithm>
#include <istream>
#include <ostream>
#include <utility>

#include <fkd/io/file_errors.hpp>
#include <fkd/io/read_file.hpp>
#include <fkd/io/source.hpp>
#include <fkd/io/write_file.hpp>

namespace fkd::io {

FKD_FUNC std::string Source::name() const {
  return kind_ == Kind::file ? path_.string() : kind_ == Kind::memory ? "memory" : "a stream";
}

FKD_FUNC std::string Sink::name() const { return bytes_ ? "memory" : stream_ ? "a stream" : path_.string(); }

FKD_FUNC void Sink::write(std::span<const std::span<const char>> pieces) const {
  const auto to_stream = [&](std::ostream& out) {
    for (const std::span<const char> piece : pieces)
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  };
  if (bytes_) {
    std::vector<std::byte> all;
    for (const std::span<const char> piece : pieces) {
      const std::span<const std::byte> its = std::as_bytes(piece);
      all.insert(all.end(), its.begin(), its.end());
    }
    *bytes_ = std::move(all);
  } else if (stream_) {
    to_stream(*stream_);
    stream_->flush();
    if (!*stream_) throw file_cannot_be_written(name(), 0);
  } else {
    write_file(path_, to_stream);
  }
}

struct SourceReader::File {
  FileReader reader;
};

FKD_FUNC SourceReader::SourceReader(const Source& source, const std::string& expected)
    : bytes_{source.bytes_}, stream_{source.stream_}, name_{source.name()}, expected_{expected} {
  if (source.kind_ == Source::Kind::file) {
    file_.reset(new File{FileReader{source.path_, expected}});
    size_ = file_->reader.size();
  } else if (source.kind_ == Source::Kind::memory) {
    size_ = bytes_.size();
  }
  if (stream_ && !*stream_) throw file_cannot_be_read(name_, expected_, 0);
}

FKD_FUNC SourceReader::~SourceReader() = default;

FKD_FUNC std::vector<char> SourceReader::read(std::uint64_t count) {
  if (file_) return file_->reader.read(count);
  std::vector<char> all;
  if (!stream_) {
    const std::size_t have = static_cast<std::size_t>((std::min)(count, std::uint64_t{bytes_.size()}));
    const char* const begin = reinterpret_cast<const char*>(bytes_.data());
    all.assign(begin, begin + have);
    bytes_ = bytes_.subspan(have);
    return all;
  }
  while (all.size() < count && *stream_) {
    const auto piece = static_cast<std::size_t>((std::min)(count - all.size(), std::uint64_t{1} << 20));
    const std::size_t have = all.size();
    all.resize(have + piece);
    stream_->read(all.data() + have, static_cast<std::streamsize>(piece));
    all.resize(have + static_cast<std::size_t>(stream_->gcount()));
  }
  if (stream_->bad()) throw file_cannot_be_read(name_, expected_, 0);
  return all;
}

FKD_FUNC std::vector<char> read_all(const Source& source, const std::string& expected) {
  SourceReader reader{source, expected};
  std::vector<char> all = reader.read(reader.size().value_or(0));
  for (;;) {  // a stream; or a file that has grown
    const std::vector<char> more = reader.read(std::uint64_t{1} << 20);
    if (more.empty()) return all;
    all.insert(all.end(), more.begin(), more.end());
  }
}

}  // namespace fkd::io
