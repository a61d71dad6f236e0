/// d_weight window by window, for gradients as they are behind a 2 x 2 pool: against the reference, on both sides of
/// the choice between this algorithm and the whole product.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <support/backends.hpp>
#include <support/cases.hpp>
#include <support/compare.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>
#endif

#if FKD_HAS_DIRECT
namespace {

using fkd::Conv2DDims, fkd::Index, fkd::Isa;
using support::Guarded;

constexpr float infinity = std::numeric_limits<float>::infinity();

std::vector<Isa> sets() {
  std::vector<Isa> all;
  for (const Isa set : {Isa::baseline, Isa::avx2, Isa::avx512})
    if (fkd::machine_has(set)) all.push_back(set);
  return all;
}

struct Operands {
  explicit Operands(const Conv2DDims& dims)
      : d{dims}, in{d.IH * d.IW * d.IC}, d_out{d.OH * d.OW * d.OC}, d_weight{d.KH * d.KW * d.IC * d.OC}, d_bias{d.OC} {
    in.fill_at_random(1), d_out.fill_at_random(2), d_weight.fill_at_random(3), d_bias.fill_at_random(4);
    leave_one_in_each_window();
  }

  /// The place of a window whose gradient stays, 0 to 3; 4 and 5: none does. It may lie beyond the last row or column.
  Index place(Index h, Index w, Index oc) const { return (h * 7 + w * 5 + oc * 3 + h * w) % 6; }

  void leave_one_in_each_window() {
    for (Index oh = 0; oh < d.OH; ++oh)
      for (Index ow = 0; ow < d.OW; ++ow)
        for (Index oc = 0; oc < d.OC; ++oc)
          if (place(oh / 2, ow / 2, oc) != oh % 2 * 2 + ow % 2) at(oh, ow, oc) = (oh + ow) % 3 == 0 ? -0.F : 0.F;
  }
  float& at(Index oh, Index ow, Index oc) { return d_out[(oh * d.OW + ow) * d.OC + oc]; }

  Conv2DDims d;
  Guarded<float> in, d_out, d_weight, d_bias;
};

/// {d_weight, d_bias} after `backend` has added to them.
template <class T>
std::pair<Guarded<T>, Guarded<T>> sums(const fkd::Backend<T>& backend, Guarded<T> d_weight, Guarded<T> d_bias,
                                       const Guarded<T>& in, const Guarded<T>& d_out, const Conv2DDims& d) {
  Guarded<T> scratch = support::scratch<T>(backend.conv2d_scratch_size(d));
  backend.conv2d_d_weight(
      {.d_weight = d_weight.data(), .d_bias = d_bias.data(), .in = in.data(), .d_out = d_out.data()}, d,
      scratch.data());
  CHECK(scratch.guards_intact());
  CHECK(d_weight.guards_intact());
  CHECK(d_bias.guards_intact());
  return {d_weight, d_bias};
}
std::pair<Guarded<float>, Guarded<float>> sums(const fkd::Backend<float>& backend, const Operands& o) {
  return sums(backend, o.d_weight, o.d_bias, o.in, o.d_out, o.d);
}

TEST_CASE("d_weight by windows agrees with the reference on the whole case table") {
  using support::in_double;
  std::vector<support::Conv2DCase> cases = support::conv2d_cases();
  for (const Index kernel : {1, 2, 3, 4, 5})  // one channel: every number of taps that is done at a time
    for (const Index filters : {1, 8, 30, 64})
      cases.push_back({{13, 12, 1}, {.filters = filters, .kernel = {kernel, 5}, .padding = fkd::Padding::same}});
  for (const support::Conv2DCase& c : cases) {
    const Operands o{c.layer.dims(c.in)};
    const auto expected = sums(fkd::reference::backend<double>, in_double(o.d_weight), in_double(o.d_bias),
                               in_double(o.in), in_double(o.d_out), o.d);
    const auto magnitudes = sums(fkd::reference::backend<double>, in_double(o.d_weight, true),
                                 in_double(o.d_bias, true), in_double(o.in, true), in_double(o.d_out, true), o.d);
    for (const Isa set : sets()) {
      CAPTURE(c.text());
      CAPTURE(std::string{fkd::name(set)});
      const auto got = sums(fkd::direct::sparse_backend<float>(set), o);
      CHECK(support::difference<float>(got.first.values(), expected.first.values(), magnitudes.first.values()) == "");
      CHECK(support::difference<float>(got.second.values(), expected.second.values(), magnitudes.second.values()) ==
            "");
    }
  }
}

const Conv2DDims first_layer =
    fkd::Conv2D{.filters = 19, .kernel = {3, 3}, .padding = fkd::Padding::same}.dims({9, 11, 1});

TEST_CASE("a gradient that is zero takes no part, so infinity in the image does not spread") {
  Operands o{first_layer};
  for (Index oh = 0; oh < 2; ++oh)
    for (Index ow = 0; ow < 2; ++ow)
      for (Index oc = 0; oc < o.d.OC; ++oc) o.at(oh, ow, oc) = 0;
  o.in[0] = infinity;  // met only by the outputs (0, 0) to (1, 1), whose gradients are zero
  for (const Isa set : sets()) {
    if (set == Isa::baseline) continue;  // it has no byte shuffle and computes the product whole
    CAPTURE(std::string{fkd::name(set)});
    const auto got = sums(fkd::direct::sparse_backend<float>(set), o);
    for (const float value : got.first.values()) REQUIRE(std::abs(value) < infinity);
    const auto whole = sums(fkd::direct::backend<float>(set), o);  // so it was the shuffle that kept it out
    CHECK(std::any_of(whole.first.data(), whole.first.data() + whole.first.size(), [](float x) { return x != x; }));
  }
}

TEST_CASE("fused with its pool: neither a zero nor a place without a window takes part") {
  Operands o{first_layer};
  const fkd::MaxPool2DDims p = fkd::MaxPool2D{.window = {2, 2}}.dims({o.d.OH, o.d.OW, o.d.OC});
  Guarded<float> d_pooled{p.OH * p.OW * p.C};
  d_pooled.fill_at_random(5);
  std::vector<std::uint8_t> index(static_cast<std::size_t>(d_pooled.size()));
  for (std::size_t i = 0; i < index.size(); ++i)
    index[i] = i % 5 == 4 ? fkd::direct::dead : static_cast<std::uint8_t>(i % 5);
  std::fill_n(o.d_out.data(), o.d_out.size(), 0.F);
  for (Index h = 0, i = 0; h < p.OH; ++h)
    for (Index w = 0; w < p.OW; ++w)
      for (Index oc = 0; oc < p.C; ++oc, ++i) {
        if ((h == 0 && w == 0) || (h + 1 == p.OH && w + 1 == p.OW)) d_pooled[i] = 0;
        const std::uint8_t place = index[static_cast<std::size_t>(i)];
        if (place < 4) o.at(2 * h + place / 2, 2 * w + place % 2, oc) = d_pooled[i];
      }
  // Met only by those two windows, and by the last row and column, which no window covers: 9 and 11 are odd.
  o.in[0] = o.in[o.in.size() - 1] = infinity;
  for (const Isa set : sets()) {
    if (set == Isa::baseline) continue;
    CAPTURE(std::string{fkd::name(set)});
    const auto& backend = fkd::direct::sparse_backend<float>(set);
    REQUIRE(backend.can_fuse_pool(o.d, p));
    Guarded<float> d_weight = o.d_weight, d_bias = o.d_bias;
    const Guarded<float> packed = support::packed(backend, o.d_weight, o.d);
    Guarded<float> scratch = support::scratch<float>(backend.conv2d_epilogue_scratch_size(o.d, {.pool = p}));
    backend.conv2d_pool_backward({.d_in = nullptr,
                                  .d_weight = d_weight.data(),
                                  .d_bias = d_bias.data(),
                                  .d_pooled = d_pooled.data(),
                                  .index = index.data(),
                                  .in = o.in.data(),
                                  .weight = o.d_weight.data()},
                                 o.d, p, {.packed = packed.data(), .scratch = scratch.data()});
    CHECK(scratch.guards_intact());
    for (const float value : d_weight.values()) REQUIRE(std::abs(value) < infinity);
    const auto unfused = sums(backend, o);
    CHECK(support::bit_difference(d_weight.values(), unfused.first.values()) == "");
    CHECK(support::bit_difference(d_bias.values(), unfused.second.values()) == "");
  }
}

TEST_CASE("a gradient that is NaN is no zero") {
  Operands o{first_layer};
  o.at(4, 4, 7) = std::numeric_limits<float>::quiet_NaN();
  o.at(4, 5, 7) = o.at(5, 4, 7) = o.at(5, 5, 7) = 0;
  for (const Isa set : sets()) {
    const auto got = sums(fkd::direct::sparse_backend<float>(set), o);
    for (Index i = 0; i < got.first.size(); ++i) CHECK((got.first[i] != got.first[i]) == (i % o.d.OC == 7));
    CHECK(got.second[7] != got.second[7]);
  }
}

TEST_CASE("two gradients in one window: the product is computed whole, with its bits") {
  Operands o{first_layer};
  const Index last = o.d.OC - 1;
  o.at(8, 10, last) = 0.5F;  // the corner, alone in its window
  for (const Isa set : sets()) {
    CAPTURE(std::string{fkd::name(set)});
    const auto& sparse = fkd::direct::sparse_backend<float>(set);
    const auto& direct = fkd::direct::backend<float>(set);
    const bool by_windows = set != Isa::baseline;
    CHECK((support::bit_difference(sums(sparse, o).first.values(), sums(direct, o).first.values()) != "") ==
          by_windows);
    Operands two = o;
    two.at(6, 8, last) = 0.25F, two.at(7, 9, last) = 0.125F;
    CHECK(support::bit_difference(sums(sparse, two).first.values(), sums(direct, two).first.values()) == "");
    CHECK(support::bit_difference(sums(sparse, two).second.values(), sums(direct, two).second.values()) == "");
  }
}

}  // namespace
#endif
