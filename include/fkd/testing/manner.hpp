/// \file
/// The ways in which a layer may be run.
#pragma once

#include <cstddef>
#include <string_view>

#include <fkd/core/shape.hpp>

namespace fkd {
namespace detail {

/// How a layer is run. None of this may show in what it computes.
struct Manner {
  std::string_view words = {};
  std::byte assigned{0xFF};    ///< in memory that has to be assigned; 0xFF everywhere is NaN
  std::byte working{0xFF};     ///< in scratch, saved and workspace memory
  bool refill_scratch = true;  ///< before each task
  bool tasks_backwards = false;
  bool thread_of_its_own = false;  ///< for each task
  Index shift = 0;                 ///< values by which inputs and outputs start behind a multiple of 64 bytes
  bool d_in = true;
  double preload = 0;  ///< in parameter gradients
};

}  // namespace detail
}  // namespace fkd
