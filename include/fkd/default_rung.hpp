/// \file
/// Which rung a model uses unless it is told otherwise.
#pragma once

#include <fkd/kernels/im2col.hpp>

namespace fkd {

template <class T>
inline constexpr const Rung<T>& default_rung = im2col::rung<T>;

}  // namespace fkd
