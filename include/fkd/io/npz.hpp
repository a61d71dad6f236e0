/// \file
/// `.npz`: NumPy's archive of arrays, a zip file with one .npy file for each. See npy.hpp.
///
///     const auto arrays = fkd::io::read_npz("data.npz");        np.savez or np.savez_compressed("data.npz", x=x, y=y)
///     fkd::io::write_npz("out.npz", {{"y", fkd::io::to_array(y)}});
///
/// Read: stored and deflated members, zip64; each one's checksum is verified. Refused: encrypted members, other
/// methods, names that occur twice, a size that its compressed bytes cannot have. (PKWARE's APPNOTE 6.3.)
///
/// Needs zlib (link ZLIB::ZLIB, -lz). net.hpp does not include this file, and fkd::compiled does not contain it.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

#include <fkd/core/error.hpp>
#include <fkd/io/npy.hpp>
#include <fkd/io/source.hpp>

namespace fkd::io {

/// Arrays by their names, without `.npy`.
using NpzArrays = std::map<std::string, NpyArray>;

struct NpzOptions {
  bool deflate = false;                 ///< compressed, as by np.savez_compressed
  std::vector<std::string> order = {};  ///< of the members, which NumPy's `files` keeps; empty: by name
};

namespace detail {

/// The bytes of a zip file, read at any place.
class ZipBytes {
 public:
  explicit ZipBytes(std::string_view bytes) : bytes_{bytes} {}

  std::uint64_t size() const { return bytes_.size(); }
  /// Whether there are `count` bytes at `at`.
  bool has(std::uint64_t at, std::uint64_t count) const { return at <= size() && count <= size() - at; }
  /// A number of `width` bytes, little-endian; 0 behind the end.
  std::uint64_t number(std::uint64_t at, std::uint64_t width) const {
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; has(at, width) && i < width; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(bytes_[at + i])} << (8 * i);
    return value;
  }
  std::string_view part(std::uint64_t at, std::uint64_t count) const { return bytes_.substr(at, count); }
  std::uint64_t find_last(std::string_view what) const {
    const std::size_t at = bytes_.rfind(what);
    return at == bytes_.npos ? size() : at;
  }

 private:
  std::string_view bytes_;
};

/// A member, as the central directory describes it.
struct ZipMember {
  std::string name = {};
  std::uint64_t flags = 0, method = 0, checksum = 0, stored = 0, size = 0, at = 0;
};

/// The largest factor by which deflate shrinks (zlib's technical details), and what its header takes.
inline constexpr std::uint64_t deflate_ratio = 1032, deflate_overhead = 64;

/// Inflates a raw deflate stream into exactly `size` bytes; false where it is something else.
[[gnu::cold]] inline bool inflate_raw(std::string_view from, std::vector<char>& to) {
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  constexpr std::size_t piece = std::size_t{1} << 30;
  int result = Z_OK;
  std::size_t read = 0, written = 0;
  while (result == Z_OK || result == Z_BUF_ERROR) {
    const std::size_t in = (std::min)(from.size() - read, piece), out = (std::min)(to.size() - written, piece);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(from.data() + read));
    stream.avail_in = static_cast<uInt>(in);
    Bytef nothing = 0;
    stream.next_out = out > 0 ? reinterpret_cast<Bytef*>(to.data() + written) : &nothing;
    stream.avail_out = static_cast<uInt>(out);
    result = ::inflate(&stream, Z_NO_FLUSH);
    const std::size_t took = in - stream.avail_in, gave = out - stream.avail_out;
    read += took;
    written += gave;
    if (took == 0 && gave == 0) break;
  }
  ::inflateEnd(&stream);
  return result == Z_STREAM_END && read == from.size() && written == to.size();
}

[[gnu::cold]] inline std::vector<char> deflate_raw(std::span<const char> from) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw FileError{"zlib: expected memory to compress, got none"};
  std::vector<char> to(::deflateBound(&stream, from.size()));
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(from.data()));
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<uInt>(to.size());
  (void)::deflate(&stream, Z_FINISH);
  to.resize((std::min)(to.size(), std::size_t{stream.total_out}));
  ::deflateEnd(&stream);
  return to;
}

/// The CRC-32 of any number of bytes.
[[gnu::cold]] inline std::uint32_t zip_checksum(std::span<const char> bytes) {
  uLong checksum = ::crc32(0, nullptr, 0);
  while (!bytes.empty()) {
    const std::size_t count = (std::min)(bytes.size(), std::size_t{1} << 30);
    checksum = ::crc32(checksum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(count));
    bytes = bytes.subspan(count);
  }
  return static_cast<std::uint32_t>(checksum);
}

/// The central directory. Throws FileError.
[[gnu::cold]] inline std::vector<ZipMember> zip_directory(const std::string& where, const ZipBytes& zip) {
  const auto wrong = [&](const std::string& what) { return FileError{where + ": " + what}; };
  const std::uint64_t end = zip.find_last("PK\5\6");
  if (!zip.has(end, 22)) throw wrong("is no .npz file: expected a zip archive, got something else or a part of one");
  std::uint64_t count = zip.number(end + 10, 2), at = zip.number(end + 16, 4);
  if (end >= 20 && zip.part(end - 20, 4) == "PK\6\7") {  // zip64
    const std::uint64_t big = zip.number(end - 12, 8);
    if (!zip.has(big, 56) || zip.part(big, 4) != "PK\6\6")
      throw wrong("expected the end of a zip64 archive, got something else");
    count = zip.number(big + 32, 8);
    at = zip.number(big + 48, 8);
  }
  std::vector<ZipMember> members;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!zip.has(at, 46) || zip.part(at, 4) != "PK\1\2")
      throw wrong("expected an entry of " + std::to_string(count) + " in the archive's directory, got something else");
    ZipMember its{.flags = zip.number(at + 8, 2),
                  .method = zip.number(at + 10, 2),
                  .checksum = zip.number(at + 16, 4),
                  .stored = zip.number(at + 20, 4),
                  .size = zip.number(at + 24, 4),
                  .at = zip.number(at + 42, 4)};
    const std::uint64_t name = zip.number(at + 28, 2), extra = zip.number(at + 30, 2), comment = zip.number(at + 32, 2);
    if (!zip.has(at + 46, name + extra + comment)) throw wrong("is truncated: expected a whole directory, got a part");
    its.name = zip.part(at + 46, name);
    for (std::uint64_t field = at + 46 + name, last = field + extra; field + 4 <= last;) {
      std::uint64_t value = field + 4;
      const std::uint64_t kind = zip.number(field, 2), next = value + zip.number(field + 2, 2);
      for (std::uint64_t* big : {&its.size, &its.stored, &its.at})
        if (kind == 1 && *big == 0xffffffffu && value + 8 <= next)
          *big = zip.number(std::exchange(value, value + 8), 8);
      field = next;
    }
    at += 46 + name + extra + comment;
    members.push_back(std::move(its));
  }
  return members;
}

/// A member's bytes, inflated. Throws FileError.
[[gnu::cold]] inline std::vector<char> zip_member(const std::string& where, const ZipBytes& zip, const ZipMember& its) {
  const auto wrong = [&](const std::string& what) { return FileError{where + ": " + its.name + ": " + what}; };
  if ((its.flags & 1) != 0) throw wrong("expected a member that is not encrypted, got one that is");
  if (its.method != 0 && its.method != 8)
    throw wrong("expected a member that is stored or deflated, got method " + std::to_string(its.method));
  if (!zip.has(its.at, 30) || zip.part(its.at, 4) != "PK\3\4")
    throw wrong("expected a member at its place, got something else");
  const std::uint64_t begin = its.at + 30 + zip.number(its.at + 26, 2) + zip.number(its.at + 28, 2);
  if (!zip.has(begin, its.stored))
    throw wrong("is truncated: expected " + std::to_string(its.stored) + " bytes, got fewer");
  const std::string_view stored = zip.part(begin, its.stored);
  const bool possible =
      its.method == 0 ? its.size == its.stored : its.size / deflate_ratio <= its.stored + deflate_overhead;
  if (!possible)
    throw wrong("expected a size that " + std::to_string(its.stored) + " stored bytes can have, got " +
                std::to_string(its.size));
  std::vector<char> bytes;
  if (its.method == 0) {
    bytes.assign(stored.begin(), stored.end());
  } else {
    bytes.resize(its.size);
    if (!inflate_raw(stored, bytes))
      throw wrong("expected " + std::to_string(its.size) + " bytes in a deflate stream, got something else");
  }
  if (zip_checksum(bytes) != its.checksum) throw wrong("expected bytes with the archive's checksum, got others");
  return bytes;
}

/// Writes a zip archive into memory.
class ZipWriter {
 public:
  std::vector<char> bytes = {};

  void add(const std::string& name, std::span<const char> content, bool deflate) {
    const std::vector<char> packed = deflate ? deflate_raw(content) : std::vector<char>{};
    const std::span<const char> stored = deflate ? std::span<const char>{packed} : content;
    const std::size_t at = bytes.size();
    const auto header = [&](std::vector<char>& to, bool central) {
      if (central) put(to, 20, 2);
      put(to, 20, 2);     // version 2.0
      put(to, 0x800, 2);  // the name is UTF-8
      put(to, deflate ? 8 : 0, 2);
      put(to, 0, 2);
      put(to, 0x21, 2);  // 1980-01-01, as NumPy writes: equal arrays, equal files
      put(to, zip_checksum(content), 4);
      put(to, stored.size(), 4);
      put(to, content.size(), 4);
      put(to, name.size(), 2);
      put(to, 0, 2);
    };
    text(bytes, "PK\3\4");
    header(bytes, false);
    text(bytes, name);
    bytes.insert(bytes.end(), stored.begin(), stored.end());
    text(directory_, "PK\1\2");
    header(directory_, true);
    put(directory_, 0, 10);  // no comment, the first disk, no attributes
    put(directory_, at, 4);
    text(directory_, name);
    ++count_;
  }

  void finish() {
    const std::size_t at = bytes.size();
    bytes.insert(bytes.end(), directory_.begin(), directory_.end());
    text(bytes, "PK\5\6");
    put(bytes, 0, 4);
    put(bytes, count_, 2);
    put(bytes, count_, 2);
    put(bytes, directory_.size(), 4);
    put(bytes, at, 4);
    put(bytes, 0, 2);
  }

 private:
  static void text(std::vector<char>& to, std::string_view its) { to.insert(to.end(), its.begin(), its.end()); }
  static void put(std::vector<char>& to, std::uint64_t number, int width) {
    for (int i = 0; i < width; ++i) to.push_back(static_cast<char>(i < 8 ? number >> (8 * i) & 255 : 0));
  }

  std::vector<char> directory_ = {};
  std::size_t count_ = 0;
};

}  // namespace detail

/// Throws FileError: no zip archive, a damaged or truncated one, a member that is refused or is no .npy file.
[[gnu::cold]] inline NpzArrays read_npz(const Source& from) {
  const std::vector<char> all = read_all(from, "an .npz file");
  const detail::ZipBytes zip{{all.data(), all.size()}};
  NpzArrays arrays;
  std::uint64_t stored = 0;  // more than the file has: members that share bytes, of which each would be inflated
  for (const detail::ZipMember& member : detail::zip_directory(from.name(), zip)) {
    std::string name = member.name;
    stored += (std::min)(member.stored, zip.size() + 1);
    if (stored > zip.size())
      throw FileError{from.name() + ": expected members that do not share bytes, got some that do"};
    if (!name.ends_with(".npy"))
      throw FileError{from.name() + ": expected members whose names end in .npy, got " + name};
    name.resize(name.size() - 4);
    if (arrays.contains(name)) throw FileError{from.name() + ": expected each name once, got " + name + " twice"};
    const std::vector<char> bytes = detail::zip_member(from.name(), zip, member);
    arrays.emplace(name, detail::parse_npy(from.name() + ": " + member.name, {bytes.data(), bytes.size()}));
  }
  return arrays;
}

/// Throws FileError where it cannot be written, or takes 4 GiB or more.
[[gnu::cold]] inline void write_npz(const Sink& to, const NpzArrays& arrays, NpzOptions options = {}) {
  detail::ZipWriter zip;
  std::vector<std::string> order = options.order;
  for (const auto& [name, array] : arrays)
    if (options.order.empty()) order.push_back(name);
  for (const std::string& name : order) {
    const auto array = arrays.find(name);
    if (array == arrays.end() || order.size() != arrays.size())
      throw ArgumentError{
          "write_npz: expected an order of all the arrays, got " +
          (array == arrays.end() ? name : std::to_string(order.size()) + " of " + std::to_string(arrays.size()))};
    std::vector<std::byte> content;
    write_npy(content, array->second);
    const std::span<const char> bytes{reinterpret_cast<const char*>(content.data()), content.size()};
    if (zip.bytes.size() + bytes.size() >= 0xff000000u || name.size() > 60000 || arrays.size() > 65534)
      throw FileError{to.name() + ": cannot be written: expected arrays of less than 4 GiB in all, got more"};
    zip.add(name + ".npy", bytes, options.deflate);
  }
  zip.finish();
  const std::span<const char> pieces[] = {zip.bytes};
  to.write(pieces);
}

}  // namespace fkd::io
