/// \file
/// Definitions of lower.hpp.
#pragma once

#include <algorithm>

#include <fkd/core/message.hpp>
#include <fkd/network/lower.hpp>

namespace fkd {

FKD_FUNC std::string ShapeBuilder::path() const {
  std::string path;
  for (Index i = 0; i < (std::min)(depth_, most_levels); ++i) {
    const bool last = i + 1 == (std::min)(depth_, most_levels);
    const Level& level = levels_[i];
    if (i > 0) path.append(last && depth_ > most_levels ? "..." : ".");
    if (level.label.word.empty()) {
      path.append(format_message({level.label.number, ".", level.layer}));
    } else {
      path.append(level.label.word);
      if (last && computing_) path.append(".").append(level.layer);  // as the names of its tensors
    }
  }
  return path;
}

}  // namespace fkd
