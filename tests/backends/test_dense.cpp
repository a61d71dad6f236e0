/// Every backend's dense product against the reference in double, whole and in ranges of the inputs.
#include <doctest/doctest.h>

#include <support/backends.hpp>
#include <support/cases.hpp>
#include <support/compare.hpp>

namespace {

using fkd::DenseDims, fkd::Index;
using support::Guarded, support::in_double;

template <class T>
struct Operands {
  explicit Operands(const DenseDims& d)
      : in{d.N * d.IU}, weight{d.IU * d.OU, 0}, d_out{d.N * d.OU}, d_weight{d.IU * d.OU, 0} {
    in.fill_at_random(1);
    weight.fill_at_random(2);
    d_out.fill_at_random(3);
    d_weight.fill_at_random(4);
  }
  Guarded<T> in, weight, d_out, d_weight;
};

/// Partial sums of all ranges stand behind each other; d_in and d_weight are those of all ranges together.
template <class T>
struct Results {
  Results(const fkd::Backend<T>& backend, const Operands<T>& o, const DenseDims& d, const std::vector<Index>& bounds)
      : partial{d.N * d.OU * (static_cast<Index>(bounds.size()) - 1)}, d_in{d.N * d.IU}, d_weight{o.d_weight} {
    intact = true;
    // Some samples after the others.
    Guarded<T> d_out = support::scratch<T>(backend.dense_d_out_packed_size(d));
    for (Index n = 0; n < d.N; n += 5)
      backend.dense_pack_d_out(d_out.data(), o.d_out.data(), d, n, (std::min)(n + 5, d.N));
    intact = d_out.guards_intact();
    for (std::size_t r = 0; r + 1 < bounds.size(); ++r) {
      const Index k0 = bounds[r], k1 = bounds[r + 1];
      Guarded<T> scratch[] = {support::scratch<T>(backend.dense_scratch_size(d)),
                              support::scratch<T>(backend.dense_scratch_size(d)),
                              support::scratch<T>(backend.dense_scratch_size(d))};
      T* sums = partial.data() + static_cast<Index>(r) * d.N * d.OU;
      backend.dense_forward({.out = sums, .in = o.in.data(), .weight = o.weight.data()}, d, k0, k1,
                            {.scratch = scratch[0].data()});
      backend.dense_d_weight({.d_weight = d_weight.data(), .in = o.in.data(), .d_out = o.d_out.data()}, d, k0, k1,
                             {d_out.data(), scratch[1].data()});
      backend.dense_d_in({.d_in = d_in.data(), .d_out = o.d_out.data(), .weight = o.weight.data()}, d, k0, k1,
                         scratch[2].data());
      for (const Guarded<T>& memory : scratch) intact = intact && memory.guards_intact();
    }
    intact = intact && partial.guards_intact() && d_in.guards_intact() && d_weight.guards_intact() &&
             o.in.guards_intact() && o.weight.guards_intact() && o.d_out.guards_intact();
  }
  Guarded<T> partial, d_in, d_weight;
  bool intact = false;
};

template <class T>
Operands<double> converted(const Operands<T>& o, const DenseDims& d, bool magnitudes) {
  Operands<double> to{d};
  to.in = in_double(o.in, magnitudes), to.weight = in_double(o.weight, magnitudes);
  to.d_out = in_double(o.d_out, magnitudes), to.d_weight = in_double(o.d_weight, magnitudes);
  return to;
}

template <class T>
void compare_all() {
  for (const support::DenseCase& c : support::dense_cases()) {
    const Operands<T> operands{c.d};
    for (const std::vector<Index>& bounds : support::range_bounds(c.d.IU)) {
      const Results<double> expected{fkd::reference::backend<double>, converted(operands, c.d, false), c.d, bounds};
      const Results<double> magnitudes{fkd::reference::backend<double>, converted(operands, c.d, true), c.d, bounds};
      for (const fkd::Backend<T>* backend : support::backends<T>()) {
        CAPTURE(c.text());
        CAPTURE(bounds.size());
        CAPTURE(std::string{backend->name});
        const Results<T> got{*backend, operands, c.d, bounds};
        CHECK(got.intact);
        CHECK(support::difference<T>(got.partial.values(), expected.partial.values(), magnitudes.partial.values()) ==
              "");
        CHECK(support::difference<T>(got.d_in.values(), expected.d_in.values(), magnitudes.d_in.values()) == "");
        CHECK(support::difference<T>(got.d_weight.values(), expected.d_weight.values(), magnitudes.d_weight.values()) ==
              "");
      }
    }
  }
}

TEST_CASE("dense: every backend agrees with the reference, float") { compare_all<float>(); }
TEST_CASE("dense: every backend agrees with the reference, double") { compare_all<double>(); }

TEST_CASE("dense: bits do not depend on where operands lie") {
  for (const support::DenseCase& c : support::dense_cases()) {
    const Operands<float> operands{c.d};
    Operands<float> moved = operands;
    moved.in = Guarded<float>{c.d.N * c.d.IU, 3};
    moved.d_out = Guarded<float>{c.d.N * c.d.OU, 2};
    moved.in.fill_at_random(1);
    moved.d_out.fill_at_random(3);
    for (const fkd::Backend<float>* backend : support::backends<float>()) {
      CAPTURE(c.text());
      CAPTURE(std::string{backend->name});
      const Results<float> a{*backend, operands, c.d, {0, c.d.IU}}, b{*backend, moved, c.d, {0, c.d.IU}};
      CHECK(support::bit_difference(a.partial.values(), b.partial.values()) == "");
      CHECK(support::bit_difference(a.d_in.values(), b.d_in.values()) == "");
      CHECK(support::bit_difference(a.d_weight.values(), b.d_weight.values()) == "");
    }
  }
}

template <class T>
void by_bands() {
  for (const DenseDims d :
       {DenseDims{3, 40, 200}, DenseDims{9, 40, 200}, DenseDims{20, 250, 131}, DenseDims{1, 33, 70}}) {
    const Operands<T> operands{d};
    for (const fkd::Backend<T>* backend : support::backends<T>()) {
      CAPTURE(d.N);
      CAPTURE(d.OU);
      CAPTURE(std::string{backend->name});
      if (backend->name == "im2col") continue;  // Eigen's sums depend on the sizes
      const Results<T> whole{*backend, operands, d, {0, d.IU}};
      Guarded<T> banded{d.N * d.OU}, scratch = support::scratch<T>(backend->dense_scratch_size(d));
      for (Index o = 0; o < d.OU; o += 64)
        backend->dense_forward({.out = banded.data(),
                                .in = operands.in.data(),
                                .weight = operands.weight.data(),
                                .o0 = o,
                                .o1 = (std::min)(o + 64, d.OU)},
                               d, 0, d.IU, {.scratch = scratch.data()});
      CHECK(scratch.guards_intact());
      CHECK(banded.guards_intact());
      CHECK(support::bit_difference(banded.values(), whole.partial.values()) == "");
    }
  }
}

TEST_CASE("dense: bands of outputs have the bits of all, float") { by_bands<float>(); }
TEST_CASE("dense: bands of outputs have the bits of all, double") { by_bands<double>(); }

/// Packed weights change no bit; nor does it whether the sums of several ranges and the bias are added by the backend.
template <class T>
void packed_and_whole() {
  for (const DenseDims d :
       {DenseDims{1, 40, 200}, DenseDims{7, 230, 130}, DenseDims{8, 40, 200}, DenseDims{20, 250, 131},
        DenseDims{100, 130, 64}, DenseDims{3, 100, 30}, DenseDims{33, 300, 65}}) {
    const Operands<T> o{d};
    Guarded<T> bias{d.OU, 0};
    bias.fill_at_random(5);
    for (const fkd::Backend<T>* backend : support::backends<T>()) {
      CAPTURE(d.N);
      CAPTURE(d.OU);
      CAPTURE(std::string{backend->name});
      if (backend->name == "im2col") continue;  // one sum, whatever the parts
      Guarded<T> packed = support::scratch<T>(backend->dense_packed_size(d)),
                 scratch = support::scratch<T>(backend->dense_scratch_size(d));
      backend->dense_pack(packed.data(), o.weight.data(), d);
      CHECK(packed.guards_intact());
      for (const Index part : {Index{0}, Index{16}, Index{48}, Index{1000}}) {
        CAPTURE(part);
        const Index length = part > 0 ? part : d.IU;
        Guarded<T> expected{d.N * d.OU}, sums{d.N * d.OU};
        for (Index k = 0; k < d.IU; k += length) {
          backend->dense_forward({.out = sums.data(), .in = o.in.data(), .weight = o.weight.data()}, d, k,
                                 (std::min)(k + length, d.IU), {.scratch = scratch.data()});
          for (Index i = 0; i < d.N * d.OU; ++i) expected[i] = k == 0 ? sums[i] : expected[i] + sums[i];
        }
        for (Index i = 0; i < d.N * d.OU; ++i) expected[i] += bias[i % d.OU];
        for (const T* weights : {static_cast<const T*>(nullptr), static_cast<const T*>(packed.data())}) {
          if (weights != nullptr && packed.size() == 0) continue;
          Guarded<T> out{d.N * d.OU};
          for (Index band = 0; band < d.OU; band += 128)
            backend->dense_forward({.out = out.data(),
                                    .in = o.in.data(),
                                    .weight = weights != nullptr ? nullptr : o.weight.data(),
                                    .bias = bias.data(),
                                    .o0 = band,
                                    .o1 = (std::min)(band + 128, d.OU),
                                    .part = part},
                                   d, 0, d.IU, {weights, scratch.data()});
          CHECK(out.guards_intact());
          CHECK(scratch.guards_intact());
          CHECK(support::bit_difference(out.values(), expected.values()) == "");
        }
      }
    }
  }
}

TEST_CASE("dense: packed weights, several ranges and a bias in one call, float") { packed_and_whole<float>(); }
TEST_CASE("dense: packed weights, several ranges and a bias in one call, double") { packed_and_whole<double>(); }

template <class T>
void no_samples() {
  const DenseDims d{0, 40, 30};
  const Operands<T> operands{d};
  for (const fkd::Backend<T>* backend : support::backends<T>()) {
    CAPTURE(std::string{backend->name});
    const Results<T> got{*backend, operands, d, {0, 1, 38, d.IU}};
    CHECK(got.intact);
    CHECK(support::bit_difference(got.d_weight.values(), operands.d_weight.values()) == "");
  }
}

TEST_CASE("dense: without a sample there is nothing to add, float") { no_samples<float>(); }
TEST_CASE("dense: without a sample there is nothing to add, double") { no_samples<double>(); }

}  // namespace
