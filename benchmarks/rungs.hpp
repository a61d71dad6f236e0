/// \file
/// Every rung that is measured. A new one is added to this list and nowhere else.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/default_rung.hpp>
#include <fkd/kernels/direct.hpp>
#include <fkd/kernels/im2col.hpp>
#include <fkd/reference/rung.hpp>

namespace benchmarks {

/// From the slowest to the fastest.
inline std::vector<const fkd::Rung<float>*> rungs() {
  return {
    &fkd::reference::rung<float>, &fkd::im2col::rung<float>,
#if FKD_HAS_DIRECT
        &fkd::direct::rung<float>(), &fkd::direct::sparse_rung<float>()
#endif
  };
}

/// What a model uses unless it is told otherwise.
inline const fkd::Rung<float>& default_rung() { return fkd::default_rung<float>(); }

/// The rung of that name, or the default for the word `default`; null if there is none.
inline const fkd::Rung<float>* find_rung(std::string_view name) {
  if (name == "default") return &default_rung();
  for (const fkd::Rung<float>* rung : rungs())
    if (rung->name == name) return rung;
  return nullptr;
}

}  // namespace benchmarks
