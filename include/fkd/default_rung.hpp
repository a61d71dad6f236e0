/// \file
/// Which rung a model uses unless it is told otherwise.
#pragma once

#include <fkd/isa.hpp>
#include <fkd/kernels/rung.hpp>

#if FKD_HAS_DIRECT
#include <fkd/kernels/direct.hpp>
#else
#include <fkd/kernels/im2col.hpp>
#endif

namespace fkd {

/// The fastest way that this compiler and this processor have.
template <class T>
const Rung<T>& default_rung() {
#if FKD_HAS_DIRECT
  return direct::sparse_rung<T>();
#else
  return im2col::rung<T>;
#endif
}

}  // namespace fkd
