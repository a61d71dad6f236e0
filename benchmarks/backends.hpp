/// \file
/// Every backend that is measured. A new one is added to this list and nowhere else.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/direct.hpp>
#include <fkd/backends/im2col.hpp>
#include <fkd/backends/reference.hpp>

namespace benchmarks {

/// From the slowest to the fastest.
inline std::vector<const fkd::Backend<float>*> backends() {
  return {
    &fkd::reference::backend<float>, &fkd::im2col::backend<float>,
#if FKD_HAS_DIRECT
        &fkd::direct::backend<float>(), &fkd::direct::sparse_backend<float>()
#endif
  };
}

/// The default backend.
inline const fkd::Backend<float>& default_backend() { return fkd::default_backend<float>(); }

/// The backend of that name, or the default for the word `default`; null if there is none.
inline const fkd::Backend<float>* find_backend(std::string_view name) {
  if (name == "default") return &default_backend();
  for (const fkd::Backend<float>* backend : backends())
    if (backend->name == name) return backend;
  return nullptr;
}

}  // namespace benchmarks
