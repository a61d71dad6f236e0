/// \file
/// Paths in messages.
#pragma once

#include <filesystem>
#include <string>

namespace facial_keypoints {

/// A path as it stands in a sentence: a line end or another control character in a name stays on the line, as \xNN.
inline std::string shown(const std::filesystem::path& path) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : path.string()) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 32 && code != 127) {
      text += c;
    } else {
      text += {'\\', 'x', digits[code / 16], digits[code % 16]};
    }
  }
  return text;
}

}  // namespace facial_keypoints
