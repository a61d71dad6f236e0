/// \file
/// Where a format is read from and written to: a file, memory, or a stream.
///
///     fkd::io::load("model.safetensors", net);          a file; `-` is standard input or output
///     fkd::io::load(std::as_bytes(std::span{array}), net);    memory: a model compiled into a program
///     fkd::io::load(std::cin, net);                     a stream, to its end
///     std::vector<std::byte> bytes;
///     fkd::io::save(bytes, net);                        memory: the bytes are replaced
///
/// A file's name is what a std::string can be made of: a text, or a std::filesystem::path.
///
/// Both look at what they are made of, and are made for the length of a call.
#pragma once

#include <fkd/core/language.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fkd::io {

namespace detail {

/// A stream, its type forgotten: so that only a program which uses streams compiles what is done with them.
struct InputStream {
  enum class State { good, ended, broken };

  void* stream = nullptr;
  /// Reads at most `count` bytes; `got` of them.
  State (*read)(void* stream, char* to, std::size_t count, std::size_t& got) = nullptr;
};
struct OutputStream {
  void* stream = nullptr;
  /// Writes the pieces; false where the stream fails.
  bool (*write)(void* stream, std::span<const std::span<const char>> pieces) = nullptr;
};

}  // namespace detail

/// What is read.
class Source {
 public:
  // NOLINTBEGIN: implicit, so that a call takes a file's name
  template <class P>
  requires std::constructible_from<std::string, P> Source(P&& path) : path_(std::forward<P>(path)), kind_{Kind::file} {}
  template <class R>
  requires(!std::constructible_from<std::string, R> && std::convertible_to<R, std::span<const std::byte>>)
      Source(R&& bytes)
      : bytes_{std::forward<R>(bytes)}, kind_{Kind::memory} {}
  template <std::derived_from<std::istream> S>
  Source(S& stream) : stream_{&stream, &read_stream<S>}, kind_{Kind::stream} {}
  // NOLINTEND

  /// For messages: the file's path, `memory` or `a stream`.
  [[gnu::cold]] std::string name() const;

  /// The file's path; empty for memory and streams.
  const std::string& path() const { return path_; }

 private:
  friend class SourceReader;
  enum class Kind { file, memory, stream };

  template <class S>
  [[gnu::cold]] static detail::InputStream::State read_stream(void* from, char* to, std::size_t count,
                                                              std::size_t& got) {
    S& stream = *static_cast<S*>(from);
    got = 0;
    if (count > 0 && stream) {
      stream.read(to, static_cast<std::ptrdiff_t>(count));
      got = static_cast<std::size_t>(stream.gcount());
    }
    return stream.bad() ? detail::InputStream::State::broken
           : stream     ? detail::InputStream::State::good
                        : detail::InputStream::State::ended;
  }

  std::string path_;
  std::span<const std::byte> bytes_;
  detail::InputStream stream_;
  Kind kind_;
};

/// What is written.
class Sink {
 public:
  // NOLINTBEGIN: implicit
  template <class P>
  requires std::constructible_from<std::string, P> Sink(P&& path) : path_(std::forward<P>(path)) {}
  Sink(std::vector<std::byte>& bytes) : bytes_{&bytes} {}
  template <std::derived_from<std::ostream> S>
  Sink(S& stream) : stream_{&stream, &write_stream<S>} {}
  // NOLINTEND

  [[gnu::cold]] std::string name() const;
  const std::string& path() const { return path_; }

  /// Writes the pieces one behind the other. A file is replaced as replace_file.hpp says; memory is left as it was
  /// where that fails. Throws FileError.
  [[gnu::cold]] void write(std::span<const std::span<const char>> pieces) const;

 private:
  template <class S>
  [[gnu::cold]] static bool write_stream(void* to, std::span<const std::span<const char>> pieces) {
    S& stream = *static_cast<S*>(to);
    for (const std::span<const char> piece : pieces)
      stream.write(piece.data(), static_cast<std::ptrdiff_t>(piece.size()));
    return static_cast<bool>(stream.flush());
  }

  std::string path_;
  std::vector<std::byte>* bytes_ = nullptr;
  detail::OutputStream stream_;
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
  detail::InputStream stream_;
  std::optional<std::uint64_t> size_;
  std::string name_, expected_;
};

/// All of it. Throws FileError.
[[gnu::cold]] std::vector<char> read_all(const Source& source, const std::string& expected);

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/source_inl.hpp>
#endif
