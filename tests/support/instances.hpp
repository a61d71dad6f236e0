/// \file
/// The fast kernels are most of a compile. In this program they are compiled once, in test_instances.cpp, not in every
/// file that includes this one.
#pragma once

#include <fkd/default_rung.hpp>

namespace fkd {

#define FKD_FOR_EACH_SCALAR(prefix, T)                        \
  prefix template const Rung<T>& default_rung<T>();           \
  prefix template const Rung<T>& direct::rung<T>(Isa);        \
  prefix template const Rung<T>& direct::sparse_rung<T>(Isa); \
  prefix template void direct::adam_step<T>(T*, T*, T*, const T*, Index, T, T, T, T, T);
#if FKD_HAS_DIRECT
FKD_FOR_EACH_SCALAR(extern, float)
FKD_FOR_EACH_SCALAR(extern, double)
#endif

}  // namespace fkd
