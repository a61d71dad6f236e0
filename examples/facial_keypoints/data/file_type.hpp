/// \file
/// A file's type by its first bytes, for the error about a file that is not comma-separated text.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace facial_keypoints {

namespace detail {

inline bool starts_with_word(std::string_view text, std::string_view lower_case_word) {
  return text.size() >= lower_case_word.size() &&
         std::equal(lower_case_word.begin(), lower_case_word.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
}

/// Text in two or four bytes a character, with a mark at its start or without; empty if it is neither.
inline std::string wide_text(std::string_view start) {
  using namespace std::string_view_literals;
  if (start.starts_with("\xFF\xFE\0\0"sv) || start.starts_with("\0\0\xFE\xFF"sv)) return "text in UTF-32";
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) return "text in UTF-16";
  // Without a mark: ASCII characters with the other bytes zero. Two characters suffice; files of zeros have none.
  if (start.size() < 8) return "";
  const auto zeros = [&](std::array<int, 8> pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i)
      if ((start[i] == 0) != (pattern[i] == 0)) return false;
    return true;
  };
  if (zeros({1, 0, 0, 0, 1, 0, 0, 0}) || zeros({0, 0, 0, 1, 0, 0, 0, 1})) return "text in UTF-32";
  if (zeros({1, 0, 1, 0, 1, 0, 1, 0}) || zeros({0, 1, 0, 1, 0, 1, 0, 1})) return "text in UTF-16";
  return "";
}

}  // namespace detail

/// What a file is that begins with these bytes, as "a gzip file"; empty if it may be text.
inline std::string foreign_content(std::string_view start) {
  using namespace std::string_view_literals;
  if (const std::string wide = detail::wide_text(start); !wide.empty()) return wide + "; save it as UTF-8";
  if (start.starts_with("PK\3\4")) {
    const std::string_view names = start.substr(0, 4096);
    const bool excel =
        names.find("[Content_Types].xml") != std::string_view::npos || names.find("xl/") != std::string_view::npos;
    return excel ? "an Excel workbook; export it as CSV" : "a zip archive; unpack it, or let its name end in .zip";
  }
  struct Known {
    std::string_view magic;
    const char* what;
  };
  static constexpr Known known[] = {
      {"\x1F\x8B"sv, "a gzip file; unpack it, or let its name end in .gz"},
      {"PK\5\6"sv, "an empty zip archive"},
      {"PK\7\x8"sv, "a part of a split zip archive"},
      {"\xFD"
       "7zXZ\0"sv,
       "an xz file; unpack it"},
      {"BZh"sv, "a bzip2 file; unpack it"},
      {"7z\xBC\xAF\x27\x1C"sv, "a 7z archive; unpack it"},
      {"Rar!"sv, "a RAR archive; unpack it"},
      {"\x28\xB5\x2F\xFD"sv, "a zstd file; unpack it"},
      {"\x04\x22\x4D\x18"sv, "an LZ4 file; unpack it"},
      {"\xD0\xCF\x11\xE0"sv, "an Excel workbook; export it as CSV"},
      {"PAR1"sv, "a Parquet file; export it as CSV"},
      {"ARROW1"sv, "an Arrow file; export it as CSV"},
      {"\x93NUMPY"sv, "a NumPy file; export it as CSV"},
      {"\x89HDF"sv, "an HDF5 file; export it as CSV"},
      {"SQLite format 3"sv, "an SQLite database; export it as CSV"},
      {"%PDF"sv, "a PDF file"},
      {"\x89PNG"sv, "a PNG picture"},
      {"\xFF\xD8\xFF"sv, "a JPEG picture"},
      {"version https://git-lfs"sv, "a pointer of Git LFS; fetch the file itself: git lfs pull"},
  };
  for (const Known& one : known)
    if (start.starts_with(one.magic)) return one.what;
  if (start.size() > 262 && start.substr(257, 5) == "ustar") return "a tar archive; unpack it";
  if (start.substr(0, 64).find('\0') != std::string_view::npos) return "bytes that are no text (a NUL among them)";

  const std::size_t first = (std::min)(start.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), start.size());
  const std::string_view text = start.substr(first);
  if (detail::starts_with_word(text, "<!doctype html") || detail::starts_with_word(text, "<html"))
    return "a web page (HTML); a download that wants a login first leaves one";
  if (text.starts_with("<")) return "XML or HTML";
  if (text.starts_with("{") || text.starts_with("[")) return "JSON";
  return "";
}

}  // namespace facial_keypoints
