/// \file
/// The library fkd::compiled, its first half: the direct kernels, for every instruction set.
#include <fkd/backends/default_backend.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct_inl.hpp>

namespace fkd::direct {

#define FKD_KERNELS(T)                                                \
  template const Backend<T>& backend<T>(Isa);                         \
  template const Backend<T>& sparse_backend<T>(Isa);                  \
  template void relu_forward<T>(T*, const T*, Index);                 \
  template void relu_d_in<T>(T*, const T*, const T*, Index);          \
  template void add_forward<T>(T*, std::span<const T* const>, Index); \
  template void adam_step<T>(const AdamStep<T>&);
FKD_KERNELS(float)
FKD_KERNELS(double)

}  // namespace fkd::direct
#endif
