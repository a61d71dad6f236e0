/// \file
/// The error for input that cannot be used.
#pragma once

#include <stdexcept>

namespace shared {

/// Input that cannot be used. The text is one sentence with file, line and column as far as they are known.
struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace shared
