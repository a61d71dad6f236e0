/// \file
/// Every rung that is held equal to the reference, and the calls of its functions with the memory that they want.
#pragma once

#include <vector>

#include <fkd/default_rung.hpp>
#include <fkd/kernels/direct.hpp>
#include <fkd/kernels/im2col.hpp>
#include <fkd/reference/rung.hpp>

#include <support/instances.hpp>
#include <support/memory.hpp>

namespace support {

/// A new rung is added to this list and nowhere else.
template <class T>
std::vector<const fkd::Rung<T>*> rungs() {
  std::vector<const fkd::Rung<T>*> all{&fkd::reference::rung<T>, &fkd::im2col::rung<T>};
#if FKD_HAS_DIRECT
  for (const fkd::Isa set : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512})
    if (fkd::machine_has(set)) all.insert(all.end(), {&fkd::direct::rung<T>(set), &fkd::direct::sparse_rung<T>(set)});
#endif
  return all;
}

/// Scratch memory as a layer gets it: at a multiple of 64 bytes, full of NaN.
template <class T>
Guarded<T> scratch(fkd::Index size) {
  return Guarded<T>{size, 0};
}

template <class T>
Guarded<T> prepared(const fkd::Rung<T>& rung, const Guarded<T>& weight, const fkd::Conv2DDims& d,
                    bool training = true) {
  Guarded<T> memory = scratch<T>(rung.conv2d_prepared_size(d, training));
  rung.conv2d_prepare(memory.data(), weight.data(), d, training);
  return memory;
}

}  // namespace support
