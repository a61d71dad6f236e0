/// \file
/// Definitions of winograd.hpp.
#pragma once

#include <fkd/backends/winograd.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/instances.hpp>
#include <fkd/backends/winograd/backend.hpp>

namespace fkd::winograd {

namespace detail {
/// The backends of one instruction set.
template <const direct::Loops<float>& loops, const Transforms<float>& transforms>
struct Backends {
  static constexpr Machine<float> machine{loops, transforms};
  static constexpr Winograd<float> predicting{"winograd", machine, by_size<Pass::prediction>};
  static constexpr Winograd<float> normal{"winograd", machine, by_size<Pass::training>, &predicting};
  static constexpr Winograd<float> forced_2{"winograd 2x2", machine, always<2>};
  static constexpr Winograd<float> forced_4{"winograd 4x4", machine, always<4>};
};

/// Calls `f(backends)` of the set.
template <class F>
const Backend<float>& of_set(Isa set, F f) {
#if FKD_HAS_X86_TARGETS
  if (set == Isa::avx512) return f(Backends<direct::avx512::loops<float>, direct::avx512::transforms<float>>{});
  if (set == Isa::avx2) return f(Backends<direct::avx2::loops<float>, direct::avx2::transforms<float>>{});
#endif
  return (void)set, f(Backends<direct::baseline::loops<float>, direct::baseline::transforms<float>>{});
}
}  // namespace detail

FKD_FUNC const Backend<float>& backend(Isa set) {
  return detail::of_set(set, [](auto backends) -> const Backend<float>& { return backends.normal; });
}

FKD_FUNC const Backend<float>& forced_backend(Index m, Isa set) {
  return detail::of_set(set, [m](auto backends) -> const Backend<float>& {
    if (m == 2) return backends.forced_2;
    return backends.forced_4;
  });
}

}  // namespace fkd::winograd
#endif
