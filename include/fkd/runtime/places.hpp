/// \file
/// Memory for values that live for some time: two may share bytes if they do not live at the same time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::detail {

/// A value from its first use to its last, both included, in whatever is counted: ops, or stages.
struct Lifetime {
  Index first = 0, last = 0;
  Index bytes = 0;  ///< a multiple of 64, or -1: more than 64 bits hold
  Index at = 0;     ///< filled in: where it stands
};

/// Gives each a place, the largest first at the lowest address that is free for so long: not always the fewest bytes,
/// which is hard to find. Returns the bytes in all, -1 if they are more than 64 bits hold.
[[gnu::cold]] inline Index give_places(std::vector<Lifetime>& values) {
  std::vector<Lifetime*> waiting, placed;
  for (Lifetime& value : values) waiting.push_back(&value);
  Index end = 0;
  while (!waiting.empty()) {
    std::size_t largest = 0;
    for (std::size_t i = 1; i < waiting.size(); ++i)
      if (waiting[i]->bytes > waiting[largest]->bytes) largest = i;
    Lifetime* value = waiting[largest];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(largest));
    if (value->bytes < 0) return -1;
    value->at = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (const Lifetime* other : placed) {
        if (other->last < value->first || value->last < other->first) continue;
        if (checked_sum(value->at, value->bytes) <= other->at || other->at + other->bytes <= value->at) continue;
        value->at = other->at + other->bytes;
        moved = true;
      }
    }
    const Index its_end = checked_sum(value->at, value->bytes);
    if (its_end < 0) return -1;
    end = (std::max)(end, its_end);
    placed.push_back(value);
  }
  return end;
}

}  // namespace fkd::detail
