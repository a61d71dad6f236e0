/// \file
/// Every backend that is held equal to the reference, and the memory that its functions work with.
#pragma once

#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/direct.hpp>
#include <fkd/backends/im2col.hpp>
#include <fkd/backends/reference.hpp>

#include <support/memory.hpp>

namespace support {

/// A new backend is added to this list and nowhere else.
template <class T>
std::vector<const fkd::Backend<T>*> backends() {
  std::vector<const fkd::Backend<T>*> all{&fkd::reference::backend<T>, &fkd::im2col::backend<T>};
#if FKD_HAS_DIRECT
  for (const fkd::Isa set : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512})
    if (fkd::machine_has(set))
      all.insert(all.end(), {&fkd::direct::backend<T>(set), &fkd::direct::sparse_backend<T>(set)});
#endif
  return all;
}

/// Scratch memory as a layer gets it: at a multiple of 64 bytes, full of NaN.
template <class T>
Guarded<T> scratch(fkd::Index size) {
  return Guarded<T>{size, 0};
}

template <class T>
Guarded<T> packed(const fkd::Backend<T>& backend, const Guarded<T>& weight, const fkd::Conv2DDims& d,
                  bool training = true) {
  Guarded<T> memory = scratch<T>(backend.conv2d_packed_size(d, training));
  backend.conv2d_pack(memory.data(), weight.data(), d, training);
  return memory;
}

}  // namespace support
