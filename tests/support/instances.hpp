/// \file
/// The fast kernels are most of a compile. In the tests they are compiled once, in instances.cpp, not in every file
/// that includes this one.
#pragma once

#include <fkd/backends/default_backend.hpp>

namespace fkd {

#define FKD_FOR_EACH_SCALAR(prefix, T)                               \
  prefix template const Backend<T>& default_backend<T>();            \
  prefix template const Backend<T>& direct::backend<T>(Isa);         \
  prefix template const Backend<T>& direct::sparse_backend<T>(Isa);  \
  prefix template void direct::adam_step<T>(const AdamStep<T>&);     \
  prefix template void direct::relu_forward<T>(T*, const T*, Index); \
  prefix template void direct::relu_d_in<T>(T*, const T*, const T*, Index);
#if FKD_HAS_DIRECT
FKD_FOR_EACH_SCALAR(extern, float)
FKD_FOR_EACH_SCALAR(extern, double)
#endif

}  // namespace fkd
