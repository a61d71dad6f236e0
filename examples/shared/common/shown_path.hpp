/// \file
/// A path as text for a message.
#pragma once

#include <filesystem>
#include <string>

namespace shared {

/// The path with control characters, line ends among them, as \xNN.
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

}  // namespace shared
