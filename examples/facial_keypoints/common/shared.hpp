/// \file
/// The names of examples/shared/, which other programs use too, in this program's namespace.
#pragma once

namespace shared {
namespace html {}
}  // namespace shared

namespace facial_keypoints {
using namespace shared;
namespace sections {
using namespace shared::html;
}
}  // namespace facial_keypoints
