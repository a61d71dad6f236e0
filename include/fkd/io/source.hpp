/// \file
/// Where a format is read from and written to: a file, memory, or a stream.
///
///     fkd::io::load("model.safetensors", net);          a file; `-` is standard input or output
///     fkd::io::load(std::as_bytes(std::span{array}), net);    memory: a model compiled into a program
///     fkd::io::load(std::cin, net);                     a stream, to its end
///     std::vector<std::byte> bytes;
///     fkd::io::save(bytes, net);                        memory: the bytes are replaced
///
/// Both look at what they are made of, and are made for the length of a call.
#pragma once

#include <fkd/core/language.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fkd::io {

/// What is read.
class Source {
 public:
  // NOLINTBEGIN: implicit, so that a call takes a file's name
  template <std::convertible_to<std::filesystem::path> P>
  Source(P&& path) : path_{std::forward<P>(path)}, kind_{Kind::file} {}
  template <class R>
  requires(!std::convertible_to<R, std::filesystem::path> && std::convertible_to<R, std::span<const std::byte>>)
      Source(R&& bytes)
      : bytes_{std::forward<R>(bytes)}, kind_{Kind::memory} {}
  Source(std::istream& stream) : stream_{&stream}, kind_{Kind::stream} {}
  // NOLINTEND

  /// For messages: the file's path, `memory` or `a stream`.
  [[gnu::cold]] std::string name() const;

  /// The file's path; empty for memory and streams.
  const std::filesystem::path& path() const { return path_; }

 private:
  friend class SourceReader;
  enum class Kind { file, memory, stream };

  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
  std::istream* stream_ = nullptr;
  Kind kind_;
};

/// What is written.
class Sink {
 public:
  // NOLINTBEGIN: implicit
  template <std::convertible_to<std::filesystem::path> P>
  Sink(P&& path) : path_{std::forward<P>(path)} {}
  Sink(std::vector<std::byte>& bytes) : bytes_{&bytes} {}
  Sink(std::ostream& stream) : stream_{&stream} {}
  // NOLINTEND

  [[gnu::cold]] std::string name() const;
  const std::filesystem::path& path() const { return path_; }

  /// Writes the pieces one behind the other. A file is replaced as `write_file` does it; memory is left as it was where
  /// that fails. Throws FileError.
  [[gnu::cold]] void write(std::span<const std::span<const char>> pieces) const;

 private:
  std::filesystem::path path_;
  std::vector<std::byte>* bytes_ = nullptr;
  std::ostream* stream_ = nullptr;
};

/// Reads a source from its beginning to its end.
class SourceReader {
 public:
  /// `expected` names what the file should be, for the error message. Throws FileError.
  [[gnu::cold]] SourceReader(const Source& source, const std::string& expected);
  SourceReader(const SourceReader&) = delete;
  SourceReader& operator=(const SourceReader&) = delete;
  [[gnu::cold]] ~SourceReader();

  /// Bytes from the first position to the end; no value for a stream, a pipe or a device.
  std::optional<std::uint64_t> size() const { return size_; }

  /// Reads `count` bytes, fewer only at the end. Where the size is not known, memory grows with the bytes received, not
  /// with `count`. Throws FileError.
  [[gnu::cold]] std::vector<char> read(std::uint64_t count);

 private:
  struct File;
  std::unique_ptr<File> file_;
  std::span<const std::byte> bytes_;
  std::istream* stream_ = nullptr;
  std::optional<std::uint64_t> size_;
  std::string name_, expected_;
};

/// All of it. Throws FileError.
[[gnu::cold]] std::vector<char> read_all(const Source& source, const std::string& expected);

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/source_inl.hpp>
#endif
