/// \file
/// The names of examples/shared/, which other programs use too, in this program's namespace.
#pragma once

namespace shared {
namespace html {}
}  // namespace shared

namespace classify {
using namespace shared;
}  // namespace classify
