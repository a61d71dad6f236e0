#include "shared/train/json_values.hpp"

#include <charconv>
#include <fstream>

namespace shared {

namespace fs = std::filesystem;

std::string hexadecimal(std::uint64_t value) {
  char text[16];
  const auto end = std::to_chars(text, text + sizeof text, value, 16).ptr;
  return {text, end};
}

std::uint64_t take_hexadecimal(const Json& json, const std::string& file, const char* key) {
  const auto text = take<std::string>(json, file, key);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    throw DataError{file + ": expected a hexadecimal number under \"" + key + "\", got \"" + text + "\""};
  return value;
}

Json read_config_json(const fs::path& folder, int run_version) {
  if (!fs::is_directory(folder))
    throw DataError{folder.string() + ": expected a folder that train wrote, got no such folder"};
  const fs::path path = folder / "config.json";
  const std::string file = path.string();
  if (fs::exists(path) && !fs::is_regular_file(path))  // a pipe would be waited for
    throw DataError{file + ": expected a run's config.json, got something that is no file"};
  std::ifstream stream{path, std::ios::binary};
  if (!stream) throw DataError{file + ": expected a run's config.json, got no such file"};
  const Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded() || !json.is_object())
    throw DataError{file + ": expected a JSON object, got " +
                    (fs::file_size(path) == 0 ? "an empty file" : "something else, or a part of one")};
  if (const int version = take<int>(json, file, "run_version"); version != run_version)
    throw DataError{file + ": expected run_version " + std::to_string(run_version) + ", got " +
                    std::to_string(version)};
  return json;
}

}  // namespace shared
