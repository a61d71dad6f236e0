/// The loops of up-sampling of every instruction set against the plain ones: nearest bit for bit, bilinear within
/// rounding; infinities beside which nothing else becomes NaN.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Index, fkd::UpSampling2DDims;

TEST_CASE("bilinear: at a border infinity stays what it is") {
  const std::vector<double> in{INFINITY, 1, 2, -INFINITY};
  std::vector<double> out(16);
  fkd::reference::up_sampling2d_bilinear_forward(out.data(), in.data(), UpSampling2DDims{2, 2, 1, 2, 2});
  CHECK(out[0] == INFINITY);
  CHECK(out[15] == -INFINITY);
  CHECK(out[3] == 1);
  CHECK(out[12] == 2);
}

#if FKD_HAS_DIRECT
template <class T>
struct Functions {
  void (*nearest_d_in)(T*, const T*, const UpSampling2DDims&);
  void (*forward)(T*, const T*, const UpSampling2DDims&);
  void (*d_in)(T*, const T*, const UpSampling2DDims&);
  Index lanes;
};
#define FKD_UP(space, lanes)                                                        \
  {                                                                                 \
    space::up_sampling2d_nearest_d_in<T>, space::up_sampling2d_bilinear_forward<T>, \
        space::up_sampling2d_bilinear_d_in<T>, lanes                                \
  }
template <class T>
std::vector<Functions<T>> all_functions() {
  namespace direct = fkd::direct;
  std::vector<Functions<T>> all{FKD_UP(direct, 1), FKD_UP(direct::baseline, direct::baseline::Lanes<T>::count)};
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2)) all.push_back(FKD_UP(direct::avx2, direct::avx2::Lanes<T>::count));
  if (fkd::machine_has(fkd::Isa::avx512)) all.push_back(FKD_UP(direct::avx512, direct::avx512::Lanes<T>::count));
#endif
  return all;
}

template <class T>
void compare() {
  for (const Index C : {1, 2, 4, 5, 8, 11, 16, 17, 48, 50})
    for (const auto& [IH, IW, SH, SW] : {std::array<Index, 4>{1, 1, 2, 2}, {3, 4, 2, 2}, {2, 5, 3, 1}, {4, 3, 4, 5}}) {
      const UpSampling2DDims d{IH, IW, C, SH, SW};
      const auto ins = static_cast<std::size_t>(IH * IW * C), outs = static_cast<std::size_t>(IH * SH * IW * SW * C);
      const fkd::Batch<T> in = support::random_batch<T>({IH, IW, C}, 1, 3);
      const fkd::Batch<T> d_out = support::random_batch<T>({IH * SH, IW * SW, C}, 1, 4);
      std::vector<T> nearest(ins), out(outs), d_in(ins);
      fkd::reference::up_sampling2d_nearest_d_in(nearest.data(), d_out.data(), d);
      fkd::reference::up_sampling2d_bilinear_forward(out.data(), in.data(), d);
      fkd::reference::up_sampling2d_bilinear_d_in(d_in.data(), d_out.data(), d);
      for (const Functions<T>& f : all_functions<T>()) {
        if (C < f.lanes) continue;
        CAPTURE(C);
        CAPTURE(f.lanes);
        const auto run = [&](auto function, const fkd::Batch<T>& from, const std::vector<T>& expected, double bound) {
          std::vector<T> got(expected.size() + 1, T{7});
          function(got.data(), from.data(), d);
          CHECK(got.back() == T{7});
          double worst = 0;
          for (std::size_t i = 0; i < expected.size(); ++i)
            worst = std::max(worst, std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i])));
          CHECK(worst <= bound);
        };
        // Weights add up to 1, values are below 1; backward adds up the weights of SH * SW outputs at most fourfold.
        const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
        run(f.nearest_d_in, d_out, nearest, 0);
        run(f.forward, in, out, 4 * eps);
        run(f.d_in, d_out, d_in, 4 * eps * static_cast<double>(4 * SH * SW));
      }
    }
}

TEST_CASE("up-sampling: every instruction set and the plain loops, float") { compare<float>(); }
TEST_CASE("up-sampling: every instruction set and the plain loops, double") { compare<double>(); }
#endif

}  // namespace
