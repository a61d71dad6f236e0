/// \file
/// A hash of data, to recognise them again.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace shared {

/// Fowler, Noll and Vo's offset and prime, on words of 8 bytes.
class Fingerprint {
 public:
  void add(std::uint64_t word) { hash_ = std::rotl((hash_ ^ word) * 1099511628211U, 29); }

  /// The bytes in words of 8; fewer than 8 at the end are filled up with zeros.
  void add(std::span<const std::uint8_t> bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, bytes.size() - i < 8 ? bytes.size() - i : 8);
      add(word);
    }
  }

  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 14695981039346656037U;
};

}  // namespace shared
