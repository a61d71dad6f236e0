#include "data/class_names.hpp"

#include <algorithm>
#include <string_view>

#include "data/byte_file.hpp"
#include "shared/common/data_error.hpp"

namespace classify {

std::vector<std::string> read_class_names(const std::filesystem::path& path) {
  constexpr std::size_t most = 256, longest = 1U << 16U;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  ByteFile file{path};
  std::vector<std::uint8_t> bytes;
  file.read(longest + 1, bytes);
  if (bytes.size() > longest || std::find(bytes.begin(), bytes.end(), 0) != bytes.end())
    throw DataError{file.name() + ": expected the names of the classes as a text, a line each, got another file"};
  std::vector<std::string> names;
  constexpr std::string_view blanks = " \t\r";
  std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix((std::min)(line.size() + 1, text.size()));
    line.remove_prefix((std::min)(line.find_first_not_of(blanks), line.size()));
    line = line.substr(0, line.find_last_not_of(blanks) + 1);
    names.emplace_back(line);
  }
  while (!names.empty() && names.back().empty()) names.pop_back();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].empty() || std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
                                names.begin() + static_cast<std::ptrdiff_t>(i))
      throw DataError{file.name() + ": expected a name of its own in line " + std::to_string(i + 1) + ", got " +
                      (names[i].empty() ? "none" : names[i] + " again")};
  if (names.size() < 2 || names.size() > most)
    throw DataError{file.name() + ": expected the names of 2 to 256 classes, got " + std::to_string(names.size())};
  return names;
}

}  // namespace classify
