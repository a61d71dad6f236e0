/// \file
/// Which backend a model uses by default.
#pragma once

#include <fkd/backends/backend.hpp>
#include <fkd/runtime/isa.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct.hpp>
#include <fkd/backends/winograd.hpp>
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

struct BackendOptions {
  bool exact = false;  ///< each output of a convolution is the sum of its own terms, by no Winograd (winograd.hpp)
};

/// The fastest backend that this compiler and this processor have.
template <class T>
const Backend<T>& default_backend(const BackendOptions& options = {}) {
#if FKD_HAS_DIRECT
  if constexpr (sizeof(T) == sizeof(float))
    if (!options.exact) return winograd::backend();
  return (void)options, direct::sparse_backend<T>();
#else
  return (void)options, im2col::backend<T>;
#endif
}

}  // namespace fkd
