/// \file
/// Which backend a model uses by default.
#pragma once

#include <fkd/backends/backend.hpp>
#include <fkd/runtime/isa.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct.hpp>
#else
#include <fkd/backends/im2col.hpp>
#endif

namespace fkd {
namespace reference {}

namespace detail {
/// Where the fastest function of values is, for those that no backend needs.
#if FKD_HAS_DIRECT
namespace fastest = fkd::direct;
#else
namespace fastest = fkd::reference;
#endif
}  // namespace detail

/// The fastest backend that this compiler and this processor have.
template <class T>
const Backend<T>& default_backend() {
#if FKD_HAS_DIRECT
  return direct::sparse_backend<T>();
#else
  return im2col::backend<T>;
#endif
}

}  // namespace fkd
