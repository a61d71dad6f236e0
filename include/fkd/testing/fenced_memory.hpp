/// \file
/// Memory that shows when something was written beside it.
#pragma once

#include <algorithm>
#include <cstddef>

#include <fkd/core/buffer.hpp>

namespace fkd {
namespace detail {

/// Bytes with a fence before and behind.
class FencedMemory {
 public:
  FencedMemory(Index bytes, Index shift, std::byte fill)
      // GCC 12 warns of sizes below zero, which it thinks possible; and of fill_n's after that.
      : bytes_{(std::max)(bytes, Index{0})}, begin_{alignment + shift}, memory_(begin_ + bytes_ + alignment) {
    for (std::byte& byte : memory_) byte = fence;
    refill(fill);
  }
  std::byte* data() { return memory_.data() + begin_; }
  void refill(std::byte fill) {
    for (Index i = 0; i < bytes_; ++i) data()[i] = fill;
  }
  bool intact() const {
    const auto is_fence = [](std::byte b) { return b == fence; };
    return std::all_of(memory_.begin(), memory_.begin() + begin_, is_fence) &&
           std::all_of(memory_.begin() + begin_ + bytes_, memory_.end(), is_fence);
  }

 private:
  static constexpr std::byte fence{0xA5};
  Index bytes_, begin_;
  Buffer<std::byte> memory_;
};

}  // namespace detail
}  // namespace fkd
