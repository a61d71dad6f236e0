/// \file
/// The type of every network of the program: the architecture is chosen at run time, so that nothing else is a
/// template.
#pragma once

#include <fkd/network/model.hpp>
#include <fkd/network/runtime_sequential.hpp>

namespace shared {

using Network = fkd::Model<float>;

}  // namespace shared
